//! Options for starting a session.

use std::time::Duration;

use crate::config::{MAX_REMEMBER, SessionConfig};
use crate::sign_in::amr::Amr;

/// Options for [`Session::start_with`](crate::Session::start_with).
///
/// ```
/// # use std::time::Duration;
/// use vestibule::{Account, Error, Session};
/// use vestibule::sign_ins::SessionOptions;
///
/// // `login_user(user, remember=True, duration=timedelta(hours=7), fresh=False)`
/// async fn by_link<U: Account>(session: Session<'_>, user: &U) -> Result<(), Error> {
///     let seven_hours = Duration::from_secs(7 * 60 * 60);
///     session.start_with(user, SessionOptions::new().remembered_for(seven_hours).not_fresh()).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct SessionOptions {
    remember: Remember,
    pub(crate) fresh: bool,
    pub(crate) amr: Amr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remember {
    No,
    AsConfigured,
    For(Duration),
}

impl SessionOptions {
    /// Creates the options of [`Session::start`](crate::Session::start): a fresh session that ends
    /// with the browser session.
    pub const fn new() -> Self {
        Self { remember: Remember::No, fresh: true, amr: Amr::PASSWORD }
    }

    /// Adds a remember cookie for `session.remember` (`login_user(remember=True)`).
    pub const fn remembered(self) -> Self {
        Self { remember: Remember::AsConfigured, ..self }
    }

    /// As [`remembered`](Self::remembered) if the box of the form was ticked.
    pub const fn remembered_if(self, ticked: bool) -> Self {
        if ticked { self.remembered() } else { self }
    }

    /// Adds a remember cookie for this long instead, unless `session.remember` is 0
    /// (`login_user(duration=...)`). The whole sign-in ends then, with its session. At most 400
    /// days, the limit of browsers; 0 means no remember cookie.
    pub const fn remembered_for(self, duration: Duration) -> Self {
        Self { remember: Remember::For(duration), ..self }
    }

    /// Makes the session not fresh, for a sign-in without a password, as by a link in a mail
    /// (`login_user(fresh=False)`). `Fresh` guards refuse it until the password is confirmed. What is
    /// [`proven`](Self::proven) stays as it is set.
    pub const fn not_fresh(self) -> Self {
        Self { fresh: false, ..self }
    }

    /// What the application has proven of the user, for [`MultiFactor`](crate::guards::MultiFactor)
    /// guards. Default: the password.
    pub const fn proven(self, amr: Amr) -> Self {
        Self { amr, ..self }
    }

    /// The lifetime of the sign-in, and whether it has a remember cookie.
    pub(crate) fn life(self, config: &SessionConfig) -> (Duration, bool) {
        let remembered = match self.remember {
            Remember::No => Duration::ZERO,
            Remember::AsConfigured => config.remember,
            Remember::For(duration) => duration.min(MAX_REMEMBER),
        };
        if config.remembers() && !remembered.is_zero() {
            (remembered, true)
        } else {
            (config.lifetime, false)
        }
    }
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self::new()
    }
}
