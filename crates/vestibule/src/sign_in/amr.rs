//! What a user has proven: authentication methods by their names in RFC 8176.

use std::fmt;

/// Authentication methods: the claim `amr` of tokens (RFC 8176), and what a sign-in has proven.
///
/// A passkey that verified its user is
/// `Amr::HARDWARE_KEY.with(Amr::USER_PRESENCE).with(Amr::MULTI_FACTOR)`: by itself no hardware key
/// says that it asked for more than a touch.
///
/// ```
/// use vestibule::sign_ins::Amr;
///
/// let proven = Amr::PASSWORD.with(Amr::OTP);
/// assert!(proven.is_multi_factor());
/// assert_eq!(proven.to_string(), "pwd otp mfa");
/// assert_eq!(Amr::parse("pwd otp mfa"), proven);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Amr(u8);

/// Every method with its name, in the order of [`Amr::names`].
const NAMES: [(Amr, &str); 5] = [
    (Amr::PASSWORD, "pwd"),
    (Amr::OTP, "otp"),
    (Amr::HARDWARE_KEY, "hwk"),
    (Amr::USER_PRESENCE, "user"),
    (Amr::MULTI_FACTOR, "mfa"),
];

impl Amr {
    /// Nothing was proven; the default.
    pub const NONE: Self = Self(0);
    /// `pwd`: a password.
    pub const PASSWORD: Self = Self(1);
    /// `otp`: a one-time password (RFC 4226, RFC 6238) or a recovery code that works once.
    pub const OTP: Self = Self(1 << 1);
    /// `hwk`: a key in hardware, such as a passkey.
    pub const HARDWARE_KEY: Self = Self(1 << 2);
    /// `user`: the user was present, by a touch for example.
    pub const USER_PRESENCE: Self = Self(1 << 3);
    /// `mfa`: two factors.
    pub const MULTI_FACTOR: Self = Self(1 << 4);

    /// The methods of both. A password together with a one-time password or a hardware key adds
    /// [`MULTI_FACTOR`](Self::MULTI_FACTOR).
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        let both = Self(self.0 | other.0);
        let has_device = both.contains(Self::OTP) || both.contains(Self::HARDWARE_KEY);
        if both.contains(Self::PASSWORD) && has_device {
            Self(both.0 | Self::MULTI_FACTOR.0)
        } else {
            both
        }
    }

    /// Whether every method of `other` is among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether two factors were proven: `mfa` is among the methods.
    #[must_use]
    pub const fn is_multi_factor(self) -> bool {
        self.contains(Self::MULTI_FACTOR)
    }

    /// The names, always in the order `pwd`, `otp`, `hwk`, `user`, `mfa`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |(method, _)| self.contains(*method)).map(|(_, name)| name)
    }

    /// Parses names separated by spaces; unknown ones are ignored.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::of_names(text.split_ascii_whitespace())
    }

    /// The methods with these names; unknown ones are ignored.
    pub(crate) fn of_names<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        names.into_iter().fold(Self::NONE, |proven, name| {
            let known = NAMES.iter().find(|(_, known)| *known == name);
            known.map_or(proven, |(method, _)| proven.with(*method))
        })
    }
}

impl fmt::Display for Amr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Debug for Amr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Amr").field(&format_args!("{self}")).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_and_a_device_are_two_factors_in_either_order() {
        for device in [Amr::OTP, Amr::HARDWARE_KEY] {
            assert!(Amr::PASSWORD.with(device).is_multi_factor());
            assert!(device.with(Amr::PASSWORD).is_multi_factor());
        }
    }

    #[test]
    fn one_factor_however_often_is_not_two() {
        for proven in [
            Amr::NONE,
            Amr::PASSWORD,
            Amr::PASSWORD.with(Amr::USER_PRESENCE),
            Amr::OTP.with(Amr::HARDWARE_KEY).with(Amr::USER_PRESENCE),
        ] {
            assert!(!proven.is_multi_factor(), "{proven:?}");
        }
    }

    #[test]
    fn every_set_is_read_as_it_was_written() {
        for bits in 0..1 << NAMES.len() {
            let proven = Amr(bits).with(Amr::NONE);
            assert_eq!(Amr::parse(&proven.to_string()), proven);
        }
    }

    #[test]
    fn unknown_names_are_ignored_and_order_and_spaces_do_not_count() {
        let proven = Amr::parse("  user face PWD hwk\tpwd ");
        assert_eq!(proven.names().collect::<Vec<_>>(), ["pwd", "hwk", "user", "mfa"]);
        assert_eq!((Amr::parse(""), Amr::NONE.to_string()), (Amr::NONE, String::new()));
    }
}
