//! The events of the audit log: their names, their outcome, and a sentence for each.

/// What is written down; `docs/EVENTS.md` says when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A sign-in was opened.
    SignedIn,
    /// Whoever presented it ended it.
    SignedOut,
    /// A remember cookie brought a session back.
    Restored,
    /// The password was proven again.
    Confirmed,
    /// A used refresh token came again: its sign-in has ended.
    Theft,
    /// A session cookie came from another client than it was given to.
    Protected,
    /// Sign-ins were ended from outside.
    Ended,
    /// Wrong passwords were given.
    BadCredentials,
    /// There were too many wrong passwords.
    Throttled,
    /// Somebody registered.
    Registered,
    /// An administrator added the account.
    Added,
    /// Accounts were added from a file.
    Imported,
    /// The password was changed.
    PasswordChanged,
    /// The role was changed.
    RoleChanged,
    /// The account was switched on.
    Activated,
    /// The account was switched off; its sign-ins have ended.
    Deactivated,
    /// The full name was changed.
    FullNameChanged,
    /// The account was deleted.
    Deleted,
    /// An access key was made.
    KeyMade,
    /// Events could not be written in time and are missing here.
    EventsLost,
    /// The oldest events were taken out.
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
        Self::Throttled,
        Self::Registered,
        Self::Added,
        Self::Imported,
        Self::PasswordChanged,
        Self::RoleChanged,
        Self::Activated,
        Self::Deactivated,
        Self::FullNameChanged,
        Self::Deleted,
        Self::KeyMade,
        Self::EventsLost,
        Self::EventsPruned,
    ];

    /// Name and sentence.
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::SignedIn => ("signed_in", "Signed in"),
            Self::SignedOut => ("signed_out", "Signed out"),
            Self::Restored => ("restored", "Session brought back by a remembered browser"),
            Self::Confirmed => ("confirmed", "Password confirmed"),
            Self::Theft => ("theft", "A used refresh token came again; its sign-in was ended"),
            Self::Protected => ("protected", "Session used from another browser or address"),
            Self::Ended => ("ended", "Sign-ins ended"),
            Self::BadCredentials => ("bad_credentials", "Wrong passwords"),
            Self::Throttled => ("throttled", "Too many wrong passwords"),
            Self::Registered => ("registered", "Registered"),
            Self::Added => ("added", "Account added"),
            Self::Imported => ("imported", "Accounts imported"),
            Self::PasswordChanged => ("password_changed", "Password changed"),
            Self::RoleChanged => ("role_changed", "Role changed"),
            Self::Activated => ("activated", "Account activated"),
            Self::Deactivated => ("deactivated", "Account deactivated"),
            Self::FullNameChanged => ("full_name_changed", "Full name changed"),
            Self::Deleted => ("deleted", "Account deleted"),
            Self::KeyMade => ("key_made", "Access key made"),
            Self::EventsLost => ("events_lost", "Events were lost"),
            Self::EventsPruned => ("events_pruned", "The oldest events were taken out"),
        }
    }

    /// The word in the database, in logs and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The event of exactly this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|what| what.as_str() == word)
    }

    /// The sentence for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().1
    }

    /// `failure` for what was tried and did not work, `success` for everything else.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Theft
            | Self::Protected
            | Self::BadCredentials
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
        let mut names: Vec<_> = AuditEvent::ALL.iter().map(|what| what.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), AuditEvent::ALL.len());
        assert!(AuditEvent::ALL.iter().all(|what| AuditEvent::parse(what.as_str()) == Some(*what)));
        assert_eq!(AuditEvent::parse("nonsense"), None);
    }
}
