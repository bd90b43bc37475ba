//! What a session cookie says, whatever has become of its sign-in.

use time::OffsetDateTime;

use crate::sign_in::SignInId;

/// The content of a session cookie that we sealed and that has not expired. It proves no login:
/// the sign-in may have ended. [`Session::presented`](crate::Session::presented) returns it, in
/// catchers [`PresentedSession::of`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedSession {
    /// The id of the account, as [`Account::id`](crate::Account::id) prints it.
    pub account: String,
    /// The id of the sign-in.
    pub sign_in: SignInId,
    /// When the sign-in was opened, to the second.
    pub created_at: OffsetDateTime,
    /// Whether this client proved the password for this very session within `fresh_for`.
    pub is_fresh: bool,
    /// Whether the sign-in has a remember cookie too.
    pub is_remembered: bool,
}
