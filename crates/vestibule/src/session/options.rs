//! How a session starts, where the password alone does not say it all.

use std::time::Duration;

use crate::config::{MAX_REMEMBER, SessionConfig};

/// How a session starts; for [`Session::start_with`](crate::Session::start_with).
///
/// ```
/// # use std::time::Duration;
/// use vestibule::{Account, Error, Session, SessionOptions};
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remember {
    No,
    AsConfigured,
    For(Duration),
}

impl SessionOptions {
    /// A session that goes with the browser and is fresh: what
    /// [`Session::start`](crate::Session::start) gives.
    pub const fn new() -> Self {
        Self { remember: Remember::No, fresh: true }
    }

    /// With a remember cookie, for as long as `session.remember` says
    /// (`login_user(remember=True)`).
    pub const fn remembered(self) -> Self {
        Self { remember: Remember::AsConfigured, ..self }
    }

    /// With a remember cookie for this long, whatever `session.remember` says unless that is 0
    /// (`login_user(duration=...)`). The whole sign-in ends then, its session included; browsers
    /// keep no cookie for more than 400 days, and 0 is no remembering.
    pub const fn remembered_for(self, duration: Duration) -> Self {
        Self { remember: Remember::For(duration), ..self }
    }

    /// No password was proven: a link in a mail led here, or another site external
    /// (`login_user(fresh=False)`). `Fresh` guards ask for the password.
    pub const fn not_fresh(self) -> Self {
        Self { fresh: false, ..self }
    }

    /// How long the sign-in lives, and whether it is remembered.
    pub(crate) fn life(self, config: &SessionConfig) -> (Duration, bool) {
        let remembered = match self.remember {
            Remember::No => Duration::ZERO,
            Remember::AsConfigured => config.remember,
            Remember::For(duration) => duration.min(MAX_REMEMBER),
        };
        match config.remembers() && !remembered.is_zero() {
            true => (remembered, true),
            false => (config.lifetime, false),
        }
    }
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self::new()
    }
}
