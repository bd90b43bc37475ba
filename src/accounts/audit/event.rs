//! The events of the audit log: their names, their outcome, and a sentence for each.

/// An event of the audit log; `docs/EVENTS.md` says when each is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A sign-in was opened.
    SignedIn,
    /// A sign-in was ended by its own credential.
    SignedOut,
    /// A remember cookie restored a session.
    Restored,
    /// The user of a sign-in was authenticated again, by password, code or passkey.
    Confirmed,
    /// A replaced refresh token was presented; its sign-in has ended.
    Theft,
    /// A session cookie came from another client than the one it was issued to.
    Protected,
    /// Sign-ins were ended by the owner, a later sign-in beyond the limit, an administrator or the
    /// command line.
    Ended,
    /// Wrong passwords were given.
    BadCredentials,
    /// The password that signed in is in the list of breached ones.
    BreachedPassword,
    /// There were too many wrong passwords.
    Throttled,
    /// A visitor registered.
    Registered,
    /// The account was added by an administrator, the command line or the set-up link.
    Added,
    /// Accounts were added from a file.
    Imported,
    /// The password was changed.
    PasswordChanged,
    /// A link that sets the password was made: by an administrator, by the command line, or because a
    /// client asked for it by mail.
    LinkMade,
    /// The link was used; the password has changed.
    LinkUsed,
    /// A link or a code of a mail was used to sign in.
    SignInLinkUsed,
    /// A second factor was set up.
    SecondFactorAdded,
    /// The second factors were removed, by their owner, an administrator or the command line.
    SecondFactorRemoved,
    /// Recovery codes were made in the place of earlier ones.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A wrong code of the second factor was given.
    BadCode,
    /// Many codes of the authenticator in a row were wrong.
    CodesGuessed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed by its owner.
    PasskeyRemoved,
    /// The counter of a passkey went back: there may be a copy of it. It was refused.
    PasskeyCounter,
    /// The owner trusted a browser, in which the password alone signs in from now on.
    BrowserTrusted,
    /// The owner ended the trust in a browser.
    TrustEnded,
    /// The role was changed.
    RoleChanged,
    /// The account was activated.
    Activated,
    /// The account was deactivated; its sign-ins have ended.
    Deactivated,
    /// The full name was changed.
    FullNameChanged,
    /// The e-mail address was confirmed or removed.
    AddressChanged,
    /// A former e-mail address was put back by the link that was sent to it; all sign-ins have ended.
    AddressReturned,
    /// Notices of sign-ins from new devices were switched on or off.
    NoticesChanged,
    /// The account was deleted.
    Deleted,
    /// An access key was created.
    KeyMade,
    /// An access key was ended by its owner or the command line.
    KeyEnded,
    /// A backup was restored.
    BackupRestored,
    /// Events could not be written in time and are missing here.
    EventsLost,
    /// The oldest events were removed.
    EventsPruned,
}

impl AuditEvent {
    /// Every event, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::SignedIn,
        Self::SignedOut,
        Self::Restored,
        Self::Confirmed,
        Self::Theft,
        Self::Protected,
        Self::Ended,
        Self::BadCredentials,
        Self::BreachedPassword,
        Self::Throttled,
        Self::Registered,
        Self::Added,
        Self::Imported,
        Self::PasswordChanged,
        Self::LinkMade,
        Self::LinkUsed,
        Self::SignInLinkUsed,
        Self::SecondFactorAdded,
        Self::SecondFactorRemoved,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::BadCode,
        Self::CodesGuessed,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::PasskeyCounter,
        Self::BrowserTrusted,
        Self::TrustEnded,
        Self::RoleChanged,
        Self::Activated,
        Self::Deactivated,
        Self::FullNameChanged,
        Self::AddressChanged,
        Self::AddressReturned,
        Self::NoticesChanged,
        Self::Deleted,
        Self::KeyMade,
        Self::KeyEnded,
        Self::BackupRestored,
        Self::EventsLost,
        Self::EventsPruned,
    ];

    /// Returns name and sentence.
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::SignedIn => ("signed_in", "Signed in"),
            Self::SignedOut => ("signed_out", "Signed out"),
            Self::Restored => ("restored", "Session restored on a remembered browser"),
            Self::Confirmed => ("confirmed", "Sign-in confirmed"),
            Self::Theft => {
                ("theft", "A replaced refresh token was used again; its sign-in was ended")
            }
            Self::Protected => ("protected", "Session used from another browser or address"),
            Self::Ended => ("ended", "Sign-ins ended"),
            Self::BadCredentials => ("bad_credentials", "Wrong passwords"),
            Self::BreachedPassword => ("breached_password", "Signed in with a breached password"),
            Self::Throttled => ("throttled", "Too many wrong passwords"),
            Self::Registered => ("registered", "Registered"),
            Self::Added => ("added", "Account added"),
            Self::Imported => ("imported", "Accounts imported"),
            Self::PasswordChanged => ("password_changed", "Password changed"),
            Self::LinkMade => ("link_made", "Link to set a password made"),
            Self::LinkUsed => ("link_used", "Link to set a password used"),
            Self::SignInLinkUsed => ("sign_in_link_used", "Link or code to sign in used"),
            Self::SecondFactorAdded => ("second_factor_added", "Second factor set up"),
            Self::SecondFactorRemoved => ("second_factor_removed", "Second factor removed"),
            Self::RecoveryCodesMade => ("recovery_codes_made", "Recovery codes made"),
            Self::RecoveryCodeUsed => ("recovery_code_used", "Recovery code used"),
            Self::BadCode => ("bad_code", "Wrong code of the second factor"),
            Self::CodesGuessed => ("codes_guessed", "Many wrong codes of the authenticator"),
            Self::PasskeyAdded => ("passkey_added", "Passkey added"),
            Self::PasskeyRemoved => ("passkey_removed", "Passkey removed"),
            Self::PasskeyCounter => {
                ("passkey_counter", "Passkey refused, there may be a copy of it")
            }
            Self::BrowserTrusted => ("browser_trusted", "Browser trusted"),
            Self::TrustEnded => ("trust_ended", "Trust in a browser ended"),
            Self::RoleChanged => ("role_changed", "Role changed"),
            Self::Activated => ("activated", "Account activated"),
            Self::Deactivated => ("deactivated", "Account deactivated"),
            Self::FullNameChanged => ("full_name_changed", "Full name changed"),
            Self::AddressChanged => ("address_changed", "E-mail address changed"),
            Self::AddressReturned => ("address_returned", "Former e-mail address put back"),
            Self::NoticesChanged => ("notices_changed", "Notices of new devices changed"),
            Self::Deleted => ("deleted", "Account deleted"),
            Self::KeyMade => ("key_made", "Access key made"),
            Self::KeyEnded => ("key_ended", "Access key ended"),
            Self::BackupRestored => ("backup_restored", "Backup restored"),
            Self::EventsLost => ("events_lost", "Events were lost"),
            Self::EventsPruned => ("events_pruned", "The oldest events were removed"),
        }
    }

    /// Returns the name in the database, in logs and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Returns the event with exactly this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == name)
    }

    /// Returns the sentence shown on pages.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().1
    }

    /// Returns `failure` for attempts that did not succeed and for lost events, otherwise
    /// `success`.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Theft
            | Self::Protected
            | Self::BadCredentials
            | Self::BadCode
            | Self::CodesGuessed
            | Self::PasskeyCounter
            | Self::Throttled
            | Self::EventsLost => "failure",
            _ => "success",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let mut names: Vec<_> = AuditEvent::ALL.iter().map(|event| event.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), AuditEvent::ALL.len());
        assert!(
            AuditEvent::ALL.iter().all(|event| AuditEvent::parse(event.as_str()) == Some(*event))
        );
        assert_eq!(AuditEvent::parse("nonsense"), None);
    }
}
