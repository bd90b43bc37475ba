//! `[default.auth.throttle]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::config_error::Errors;
use super::duration;

/// `[default.auth.throttle]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ThrottleConfig {
    /// Failed passwords of one account name until 429 `too_many_attempts`, at least 1; an address
    /// may have ten times as many. Defaults to 10.
    pub failures: u32,
    /// How long they count, from the first. Defaults to `"5m"`.
    #[serde(with = "duration")]
    pub window: Duration,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { failures: 10, window: Duration::from_secs(5 * 60) }
    }
}

impl ThrottleConfig {
    pub(super) fn validate(&self, errors: &mut Errors) {
        errors.require(self.failures > 0, "throttle.failures", "must be at least 1");
        let window = self.window >= Duration::from_secs(1);
        errors.require(window, "throttle.window", "must be at least \"1s\"");
    }
}
