//! `[default.auth.password]`.

use std::path::PathBuf;

use rocket::figment::value::magic::RelativePathBuf;
use serde::{Deserialize, Serialize};

use super::config_error::Errors;

/// `[default.auth.password]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PasswordConfig {
    /// bcrypt's cost, 10 to 20, in debug 4 to 20; each step doubles the work. Defaults to 12.
    pub cost: u32,
    /// Minimum length of a new password, in code points. Defaults to 8.
    pub min_length: usize,
    /// Minimum strength of a new password on zxcvbn's scale: 2 is a million guesses, 4 is ten
    /// billion, 0 accepts any. Defaults to 2; without the cargo feature `strength` to 0, and
    /// anything else is an error.
    pub strength: u8,
    /// The file of breached passwords that no new password may be in, as `vestibule breached build`
    /// makes it. Defaults to none; needs the cargo feature `breached`.
    pub breached: Option<RelativePathBuf>,
    /// How many passwords are hashed at once; on Linux by threads of the lowest priority. Defaults
    /// to the number of cores.
    pub hashers: usize,
    /// How many more may wait, at most five seconds each; beyond it is 503 `busy`. Defaults to 64.
    pub queue: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let strength = if cfg!(feature = "strength") { 2 } else { 0 };
        Self { cost: 12, min_length: 8, strength, breached: None, hashers: cores, queue: 64 }
    }
}

impl PasswordConfig {
    /// Returns the path of [`breached`](Self::breached).
    #[must_use]
    pub fn breached(&self) -> Option<PathBuf> {
        self.breached.as_ref().map(RelativePathBuf::relative)
    }

    pub(super) fn validate(&self, debug: bool, errors: &mut Errors) {
        let lowest = if debug { 4 } else { 10 };
        let cost = (lowest..=20).contains(&self.cost);
        errors.require(cost, "password.cost", format!("must be {lowest} to 20"));
        let length = (4..=64).contains(&self.min_length);
        errors.require(length, "password.min_length", "must be 4 to 64");
        errors.require(self.strength <= 4, "password.strength", "must be 0 to 4");
        let is_rated = self.strength == 0 || cfg!(feature = "strength");
        let no_rating = "needs the cargo feature `strength` of the crate vestibule";
        errors.require(is_rated, "password.strength", no_rating);
        let is_read = self.breached.is_none() || cfg!(feature = "breached");
        let no_file = "needs the cargo feature `breached` of the crate vestibule";
        errors.require(is_read, "password.breached", no_file);
        let hashers = (1..=1024).contains(&self.hashers);
        errors.require(hashers, "password.hashers", "must be 1 to 1024");
        errors.require(self.queue <= 100_000, "password.queue", "must be at most 100000");
    }
}
