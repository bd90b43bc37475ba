//! Rules for new passwords, the same for form, API and command line.

use crate::accounts::service::Accounts;
use vestibule::Error;
use vestibule::config::PasswordConfig;
use vestibule::password::Password;

/// The name of this program, which would be guessed first.
const PROGRAM_NAME: &str = "vestibule";

/// The owner of a password, which must not consist of its names alone.
#[derive(Clone, Copy, Debug)]
pub struct PasswordOwner<'o> {
    /// The canonical user name.
    pub username: &'o str,
    /// The full name, if any.
    pub full_name: Option<&'o str>,
}

impl<'o> PasswordOwner<'o> {
    /// Returns the user name and each part of the full name.
    fn names(self) -> impl Iterator<Item = &'o str> {
        let parts = self.full_name.unwrap_or_default().split_whitespace();
        [self.username].into_iter().chain(parts)
    }

    /// Returns what would be guessed first.
    fn guesses(self) -> Vec<&'o str> {
        [PROGRAM_NAME, self.username].into_iter().chain(self.full_name).collect()
    }
}

/// Checks the form and the strength of a new password on the calling thread, for the command line.
/// Requests use the methods of [`Accounts`].
///
/// # Errors
/// 422 `invalid_field` naming `field`.
pub fn new_password(
    field: &'static str,
    password: &Password,
    owner: PasswordOwner<'_>,
    config: &PasswordConfig,
) -> Result<(), Error> {
    check_form(field, password, owner, config)?;
    config.check(password, &owner.guesses()).map_err(|error| naming(field, error))
}

/// Checks the form of a new password: its length, only readable characters, and not the user's own
/// name. There is no rule about kinds of characters.
///
/// # Errors
/// 422 `invalid_field` naming `field`.
pub(in crate::accounts) fn check_form(
    field: &'static str,
    password: &Password,
    owner: PasswordOwner<'_>,
    config: &PasswordConfig,
) -> Result<(), Error> {
    config.check_length(password).map_err(|error| naming(field, error))?;
    let password = password.reveal();
    let refused = |message: &'static str| Err(Error::invalid_field(field, message));
    if password.contains(['\0', '\u{fffd}']) {
        refused("The password contains an invalid character.")
    } else if is_made_of(password, [owner.username].into_iter()) {
        refused("The password must not be the user name.")
    } else if is_made_of(password, owner.names()) {
        refused("The password must not be the full name.")
    } else {
        Ok(())
    }
}

impl Accounts {
    /// Checks the strength of a new password on a hashing thread.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `field`, 503 `busy`.
    pub(in crate::accounts) async fn check_strength(
        &self,
        field: &'static str,
        password: &Password,
        owner: PasswordOwner<'_>,
    ) -> Result<(), Error> {
        let checked = self.hasher.check(password, &owner.guesses()).await;
        checked.map_err(|error| naming(field, error))
    }
}

/// Moves the library's message about a password to the field of a form.
fn naming(field: &'static str, error: Error) -> Error {
    let message = error.fields().next().map(|(_, message)| message.to_owned());
    message.map_or(error, |message| Error::invalid_field(field, message))
}

/// Returns whether a password consists of these names alone, in any order and number, ignoring case
/// and any other characters than letters and digits.
fn is_made_of<'n>(password: &str, names: impl Iterator<Item = &'n str>) -> bool {
    let bare = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let password = bare(password);
    let mut names: Vec<String> = names.map(bare).filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let left = names.iter().fold(password.clone(), |left, name| left.replace(name, " "));
    !password.is_empty() && left.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWNER: PasswordOwner<'static> =
        PasswordOwner { username: "ann.lee", full_name: Some("Ann Lee") };

    fn refused(password: &str) -> Option<String> {
        let refused = new_password("password", &password.into(), OWNER, &PasswordConfig::default());
        refused.err().and_then(|error| Some(error.fields().next()?.1.to_owned()))
    }

    #[test]
    fn common_passwords_and_what_is_near_them_are_refused_with_a_reason() {
        for common in ["password", "iloveyou", "swordfish", "secret123"] {
            let why = refused(common).expect(common);
            assert!(why.starts_with("Many people use this password"), "{common}: {why}");
        }
        for (weak, why) in [
            ("P@ssw0rd1", "very similar to a"),
            ("aaaaaaaaaaaa", "repeated characters"),
            ("23.04.1987", "is a date"),
        ] {
            let said = refused(weak).expect(weak);
            assert!(said.contains(why), "{weak}: {said}");
        }
        // Several things are wrong with these, and the estimate names any of them.
        for weak in
            ["password12345678", "qwertyuiopasdfgh", "vestibule1", "ann.lee.1", "annleeannlee1"]
        {
            let said = refused(weak).expect(weak);
            assert!(said.ends_with("A few unrelated words make a good one."), "{weak}: {said}");
        }
    }

    #[test]
    fn there_are_no_rules_about_kinds_of_characters() {
        for good in [
            "correct horse battery",
            "correct horse",
            "my password12345678 x",
            "x7Kq$2vP",
            "пароль от почты",
            "                   it begins with spaces",
            &"\u{1f600}".repeat(64),
        ] {
            assert_eq!(refused(good), None, "{good}");
        }
    }

    #[test]
    fn ones_own_name_is_no_password_whatever_the_strength() {
        let mut any = PasswordConfig::default();
        any.strength = 0;
        for (own, why) in [
            ("ANN.lee ", "user name"),
            ("ann.leeann.leeAnn.Lee", "user name"),
            (&"ann.lee".repeat(20), "user name"),
            ("Ann Lee Ann Lee", "user name"),
            ("lee-ann-lee-ann", "full name"),
            ("ann.lee Lee", "full name"),
        ] {
            let refused = new_password("password", &own.into(), OWNER, &any).expect_err(own);
            let (field, said) = refused.fields().next().expect("a field");
            assert!(field == "password" && said.contains(why), "{own}: {said}");
        }
        for fine in ["password", "aaaaaaaa", "ann.lee.1", "        "] {
            assert!(new_password("password", &fine.into(), OWNER, &any).is_ok(), "{fine}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_password_makes_the_estimate_panic(
            password in prop_oneof![
                "\\PC{8,70}",
                "[4@8({\\[<369!1|70$5+%2]{8,70}",
                "[ab]{8,70}",
                "([0-9/.]|19|20){8,40}",
                "[İßﬁΣςǅa\u{1f600}]{8,70}",
            ],
            full_name in "\\PC{0,200}",
        ) {
            let owner = PasswordOwner { username: "ann", full_name: Some(&full_name) };
            let _ = new_password("password", &password.into(), owner, &PasswordConfig::default());
        }
    }
}
