//! The kinds of mails.

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// The link that confirms a new address.
    ConfirmAddress,
    /// The notice, to the former address, that the account has another one; with a link that puts it back.
    AddressChanged,
    /// The link to set another password. Queued for any address; removed unsent if no account has it.
    ResetPassword,
    /// The notice that the password was changed.
    PasswordChanged,
    /// The link that makes an account of a registration; if an account has the address, a notice.
    ConfirmRegistration,
    /// The notice of a sign-in from a new device.
    NewDevice,
    /// The notice that an access key was made.
    KeyMade,
    /// The notice that the account was deactivated.
    Deactivated,
    /// The notice that a breached password signs in.
    BreachedPassword,
    /// The notice that a second factor was set up.
    SecondFactorAdded,
    /// The notice that the second factors were removed.
    SecondFactorRemoved,
    /// The notice that a recovery code was used.
    RecoveryCodeUsed,
    /// The notice that many codes of the authenticator in a row were wrong.
    CodesGuessed,
    /// The link that signs in the browser that asked for it, and the code. Queued for any address.
    SignIn,
}

impl MailKind {
    pub(super) const ALL: [Self; 14] = [
        Self::ConfirmAddress,
        Self::AddressChanged,
        Self::ResetPassword,
        Self::PasswordChanged,
        Self::ConfirmRegistration,
        Self::NewDevice,
        Self::KeyMade,
        Self::Deactivated,
        Self::BreachedPassword,
        Self::SecondFactorAdded,
        Self::SecondFactorRemoved,
        Self::RecoveryCodeUsed,
        Self::CodesGuessed,
        Self::SignIn,
    ];

    /// Returns the word in the database and in `vestibule mail queue`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmAddress => "confirm_address",
            Self::AddressChanged => "address_changed",
            Self::ResetPassword => "reset_password",
            Self::PasswordChanged => "password_changed",
            Self::ConfirmRegistration => "confirm_registration",
            Self::NewDevice => "new_device",
            Self::KeyMade => "key_made",
            Self::Deactivated => "deactivated",
            Self::BreachedPassword => "breached_password",
            Self::SecondFactorAdded => "second_factor_added",
            Self::SecondFactorRemoved => "second_factor_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::CodesGuessed => "codes_guessed",
            Self::SignIn => "sign_in",
        }
    }

    /// Returns whether the mail gets a link when it is sent.
    #[must_use]
    pub const fn has_link(self) -> bool {
        matches!(
            self,
            Self::ConfirmAddress | Self::AddressChanged | Self::ResetPassword | Self::SignIn
        )
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
