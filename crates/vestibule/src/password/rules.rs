//! What a new password must be.

#[cfg(feature = "breached")]
use super::BreachedPasswords;
use super::{Hasher, Password};
use crate::config::PasswordConfig;
use crate::error::Error;

impl PasswordConfig {
    /// Checks a new password: its [length](Self::check_length), that it is not in the file of
    /// `breached`, and that it is as hard to guess as `strength` says. `about` is guessed first: the
    /// user's name, for example.
    ///
    /// Takes up to about as long as a hash; handlers use [`Hasher::check`].
    ///
    /// # Errors
    /// 422 `invalid_field` naming `password`, without repeating it; 503 `unavailable` if the file
    /// cannot be read.
    ///
    /// ```
    /// use vestibule::config::PasswordConfig;
    ///
    /// let config = PasswordConfig::default();
    /// assert!(config.check(&"correct horse battery".into(), &["ann"]).is_ok());
    /// assert!(config.check(&"1234".into(), &["ann"]).is_err());
    /// ```
    pub fn check(&self, password: &Password, about: &[&str]) -> Result<(), Error> {
        self.check_length(password)?;
        if self.is_breached(password)? {
            let message = "This password is in a list of stolen passwords, which are guessed first. \
                           Choose one that you use nowhere else.";
            return Err(Error::invalid_field("password", message));
        }
        self.check_strength(password.reveal(), about)
    }

    /// Checks that a new password has at least `min_length` code points and at most
    /// [`Password::MAX_BYTES`] bytes.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `password`.
    pub fn check_length(&self, password: &Password) -> Result<(), Error> {
        let text = password.reveal();
        let message = if text.len() > Password::MAX_BYTES {
            format!("A password has at most {} bytes.", Password::MAX_BYTES)
        } else if text.chars().count() < self.min_length {
            format!("A password has at least {} characters.", self.min_length)
        } else {
            return Ok(());
        };
        Err(Error::invalid_field("password", message))
    }

    /// Returns whether a password is in the file of `breached`; `false` without one. Reads the file:
    /// handlers use [`Hasher::is_breached`].
    ///
    /// # Errors
    /// 503 `unavailable` if the file cannot be read.
    #[cfg(feature = "breached")]
    pub fn is_breached(&self, password: &Password) -> Result<bool, Error> {
        let Some(path) = self.breached() else { return Ok(false) };
        let found = BreachedPasswords::open(&path).and_then(|mut list| list.contains(password));
        found.map_err(|cause| {
            Error::unavailable(std::io::Error::other(format!("{}: {cause}", path.display())))
        })
    }

    /// Returns `false`: [`Config`](crate::config::Config) refuses a file without the feature.
    #[cfg(not(feature = "breached"))]
    fn is_breached(&self, _: &Password) -> Result<bool, Error> {
        Ok(false)
    }

    #[cfg(feature = "strength")]
    fn check_strength(&self, password: &str, about: &[&str]) -> Result<(), Error> {
        match super::strength::weakness(password, about, self.strength) {
            Some(reason) => {
                let message = format!("{reason} A few unrelated words make a good one.");
                Err(Error::invalid_field("password", message))
            }
            None => Ok(()),
        }
    }

    /// Refuses a `strength` above 0, which cannot be rated without the feature.
    #[cfg(not(feature = "strength"))]
    fn check_strength(&self, _: &str, _: &[&str]) -> Result<(), Error> {
        match self.strength {
            0 => Ok(()),
            _ => Err(Error::internal(std::io::Error::other("the feature `strength` is off"))),
        }
    }
}

impl Hasher {
    /// Checks a new password by [`PasswordConfig::check`], on a thread of the hasher.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `password`; 503 `busy`; 503 `unavailable` if the file of
    /// `breached` cannot be read.
    pub async fn check(&self, password: &Password, about: &[&str]) -> Result<(), Error> {
        let config = self.config().clone();
        config.check_length(password)?;
        if config.strength == 0 && config.breached.is_none() {
            return Ok(());
        }
        let password = password.clone();
        let about: Vec<String> = about.iter().copied().map(str::to_owned).collect();
        let check = move || {
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            config.check(&password, &about)
        };
        self.run(check).await?
    }

    /// Returns [`PasswordConfig::is_breached`], on a thread of the hasher.
    ///
    /// # Errors
    /// 503 `busy`; 503 `unavailable` if the file cannot be read.
    #[cfg(feature = "breached")]
    pub async fn is_breached(&self, password: &Password) -> Result<bool, Error> {
        if self.config().breached.is_none() {
            return Ok(false);
        }
        let (config, password) = (self.config().clone(), password.clone());
        self.run(move || config.is_breached(&password)).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn refused(config: &PasswordConfig, password: &str) -> String {
        let error = config.check(&password.into(), &["ann.lee"]).expect_err(password);
        assert_eq!(error.kind(), ErrorKind::InvalidField);
        let (field, message) = error.fields().next().expect("a field");
        assert_eq!(field, "password");
        message.to_owned()
    }

    #[test]
    fn length_counts_code_points_and_at_most_1024_bytes() {
        let config = PasswordConfig { min_length: 4, strength: 0, ..PasswordConfig::default() };
        assert!(refused(&config, "äöü").contains("at least 4 characters"));
        assert!(config.check(&"äöüß".into(), &[]).is_ok());
        assert!(refused(&config, &"x".repeat(1025)).contains("at most 1024 bytes"));
        assert!(config.check(&"x".repeat(1024).into(), &[]).is_ok());
    }

    #[cfg(feature = "strength")]
    #[test]
    fn what_is_easy_to_guess_is_refused_and_so_is_what_is_known_about_the_user() {
        let config = PasswordConfig::default();
        assert!(refused(&config, "iloveyou").starts_with("Many people use this password"));
        assert!(config.check(&"ann.lee.1".into(), &[]).is_ok());
        assert!(refused(&config, "ann.lee.1").ends_with("unrelated words make a good one."));
        let any = PasswordConfig { strength: 0, ..config };
        assert!(any.check(&"iloveyou".into(), &[]).is_ok());
    }

    #[cfg(not(feature = "strength"))]
    #[test]
    fn a_strength_that_cannot_be_rated_is_not_ignored() {
        let config = PasswordConfig { strength: 2, ..PasswordConfig::default() };
        let error = config.check(&"correct horse".into(), &[]).expect_err("no rating");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(PasswordConfig::default().check(&"correct horse".into(), &[]).is_ok());
    }
}
