//! What happened: Flask-Login's signals, and what they lack. The application listens.

use std::net::IpAddr;

use crate::error::kind::ErrorKind;

/// What ended a sign-in from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// Its owner, from another sign-in or from this one.
    Owner,
    /// A new password.
    PasswordChange,
    /// An administrator.
    Administrator,
}

impl EndedBy {
    /// The word in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::PasswordChange => "password_change",
            Self::Administrator => "administrator",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A sign-in was opened (`user_logged_in`).
    SignedIn,
    /// A sign-in was ended by whoever presented it (`user_logged_out`).
    SignedOut,
    /// A request ended in 401, 403 or 429 (`user_unauthorized`, `user_needs_refresh`).
    Refused(ErrorKind),
    /// A remember cookie brought a session back (`user_loaded_from_cookie`).
    Restored,
    /// The password was proven again (`user_login_confirmed`).
    Confirmed,
    /// A refresh token was taken for the next pair; told once, also when it is presented again
    /// within its grace.
    Rotated,
    /// A used refresh token was presented again: its sign-in has ended.
    Theft,
    /// A session cookie came from another client than it was given to
    /// (`session_protected`).
    Protected,
    /// Sign-ins were ended from outside; how many.
    Ended(EndedBy, u64),
    /// An access key was made.
    KeyMade,
    /// A password was changed.
    PasswordChanged,
    /// Somebody registered.
    Registered,
}

impl EventKind {
    /// The word in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::Refused(_) => "refused",
            Self::Restored => "restored",
            Self::Confirmed => "confirmed",
            Self::Rotated => "rotated",
            Self::Theft => "theft",
            Self::Protected => "protected",
            Self::Ended(..) => "ended",
            Self::KeyMade => "key_made",
            Self::PasswordChanged => "password_changed",
            Self::Registered => "registered",
        }
    }
}

/// One event. It holds no secret: neither token nor password nor cookie.
#[derive(Clone, Copy, Debug)]
pub struct Event<'e> {
    /// What happened.
    pub kind: EventKind,
    /// The id of the account, where one is known.
    pub account: Option<&'e str>,
    /// The id of the sign-in, where one is known.
    pub sign_in: Option<&'e str>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// Listens to events. Called on the request's own thread: hand slow work on.
///
/// ```
/// use vestibule::{Auth, Event, EventSink};
///
/// struct Print;
///
/// impl EventSink for Print {
///     fn on_event(&self, event: &Event<'_>) {
///         println!("{} {:?}", event.kind.as_str(), event.account);
///     }
/// }
///
/// let fairing = Auth::fairing().events(Print);
/// ```
pub trait EventSink: Send + Sync + 'static {
    /// Something happened.
    fn on_event(&self, event: &Event<'_>);
}
