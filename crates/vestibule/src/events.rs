//! Events for the application: Flask-Login's signals and more. Imports `error` and `request_id`.

use crate::error::ErrorKind;
use std::net::IpAddr;

pub use crate::request_id::RequestId;

/// What ended sign-ins other than signing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndedBy {
    /// The owner, from the list of sign-ins.
    Owner,
    /// A new password.
    PasswordChange,
    /// An administrator.
    Administrator,
    /// A later sign-in, beyond the limit of the account.
    Limit,
}

impl EndedBy {
    /// The word in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::PasswordChange => "password_change",
            Self::Administrator => "administrator",
            Self::Limit => "limit",
        }
    }
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A sign-in was created (`user_logged_in`).
    SignedIn,
    /// A client ended its own sign-in (`user_logged_out`).
    SignedOut,
    /// The response is 401, 403 or 429 (`user_unauthorized`, `user_needs_refresh`).
    Refused(ErrorKind),
    /// A remember cookie restored a session (`user_loaded_from_cookie`).
    Restored,
    /// The user was authenticated again, by the password for example (`user_login_confirmed`).
    Confirmed,
    /// A refresh token was exchanged for a new pair; reported once, even if it is presented again.
    Rotated,
    /// A replaced refresh token was presented that neither `refresh_grace` nor `refresh_retry` allows:
    /// the sign-in has been ended.
    Theft,
    /// A session cookie came from another client than it was issued to (`session_protected`).
    Protected,
    /// Sign-ins were ended other than by signing out; how many.
    Ended(EndedBy, u64),
    /// An access key was created.
    KeyMade,
    /// An access key was ended by its owner; reported by the account service. The library alone reports
    /// [`Ended`](Self::Ended).
    KeyEnded,
    /// A password was changed.
    PasswordChanged,
    /// An account was registered.
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
            Self::KeyEnded => "key_ended",
            Self::PasswordChanged => "password_changed",
            Self::Registered => "registered",
        }
    }
}

/// An event. It holds no secret: no token, password or cookie.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'e> {
    /// The kind of event.
    pub kind: EventKind,
    /// The id of the account, if known.
    pub account: Option<&'e str>,
    /// The id of the sign-in, if known.
    pub sign_in: Option<&'e str>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The id of the request, if the application has [set](RequestId::set) one.
    pub request_id: Option<RequestId>,
    /// Of a refusal what was presented, and what exactly is wrong with it; not for the client.
    pub detail: Option<&'e str>,
}

impl<'e> Event<'e> {
    /// Creates an event without a request id, for your own code.
    #[must_use]
    pub const fn new(
        kind: EventKind,
        account: Option<&'e str>,
        sign_in: Option<&'e str>,
        address: Option<IpAddr>,
    ) -> Self {
        Self { kind, account, sign_in, address, request_id: None, detail: None }
    }
}

/// Receives events, on the thread of the request: hand slow work to another.
///
/// ```
/// use vestibule::Auth;
/// use vestibule::events::{Event, EventSink};
///
/// struct Print;
///
/// impl EventSink for Print {
///     fn on_event(&self, event: &Event<'_>) {
///         println!("{} {:?}", event.kind.as_str(), event.account);
///     }
/// }
///
/// let fairing = Auth::fairing().stateless().events(Print);
/// ```
pub trait EventSink: Send + Sync + 'static {
    /// Receives an event.
    fn on_event(&self, event: &Event<'_>);
}
