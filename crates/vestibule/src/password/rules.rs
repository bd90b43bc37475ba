//! What a new password must be.

use super::{Hasher, Password};
use crate::config::PasswordConfig;
use crate::error::Error;

impl PasswordConfig {
    /// Checks a new password: at least `min_length` code points, at most [`Password::MAX_BYTES`]
    /// bytes, and as hard to guess as `strength` says. `about` is guessed first: the user's name,
    /// for example.
    ///
    /// Rating the strength takes up to about as long as a hash; handlers use [`Hasher::check`].
    ///
    /// # Errors
    /// 422 `invalid_field` naming `password`, without repeating it.
    ///
    /// ```
    /// use vestibule::config::PasswordConfig;
    ///
    /// let config = PasswordConfig::default();
    /// assert!(config.check(&"correct horse battery".into(), &["ann"]).is_ok());
    /// assert!(config.check(&"1234".into(), &["ann"]).is_err());
    /// ```
    pub fn check(&self, password: &Password, about: &[&str]) -> Result<(), Error> {
        let (text, refused) =
            (password.reveal(), |message| Error::invalid_field("password", message));
        if text.len() > Password::MAX_BYTES {
            let message = format!("A password has at most {} bytes.", Password::MAX_BYTES);
            return Err(refused(message));
        }
        if text.chars().count() < self.min_length {
            return Err(refused(format!(
                "A password has at least {} characters.",
                self.min_length
            )));
        }
        self.check_strength(text, about)
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
    /// Checks a new password by [`PasswordConfig::check`], its strength on a thread of the hasher.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `password`; 503 `busy`.
    pub async fn check(&self, password: &Password, about: &[&str]) -> Result<(), Error> {
        let config = *self.config();
        PasswordConfig { strength: 0, ..config }.check(password, about)?;
        if config.strength == 0 {
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
