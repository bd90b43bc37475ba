//! Proving who one is: one path for the form, the API and re-authentication.

use super::queries;
use super::{Accounts, User, Username, new_password};
use crate::auth::{Error, ErrorKind, Password, Session, TokenPair, Tokens};

/// A user name and a password, as they were sent.
#[derive(Debug)]
pub struct Credentials<'c> {
    /// The name.
    pub username: &'c str,
    /// The password.
    pub password: &'c Password,
}

/// The two passwords of a change.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The one that is to be replaced.
    pub current: Password,
    /// The one that replaces it.
    pub new: Password,
}

/// A user who has just proven the password, and the hash that it was proven against.
struct Proof {
    user: User,
    hash: String,
}

impl Accounts {
    /// Signs a person in; the session's cookies go out with this answer.
    ///
    /// An unknown name, an impossible name and a wrong password cost the same work and get
    /// the same answer; that an account is switched off is said only to whoever knows its
    /// password.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 403 `account_inactive`, 503 `busy` or `unavailable`.
    pub async fn sign_in_person(
        &self,
        session: &Session<'_>,
        credentials: &Credentials<'_>,
        remember: bool,
    ) -> Result<(), Error> {
        let proof = self.prove(credentials).await?;
        let opened = match remember {
            true => session.start_remembered(&proof.user).await?,
            false => session.start(&proof.user).await?,
        };
        if !self.still_holds(&proof).await? {
            session.undo(&opened).await?;
            return Err(ErrorKind::BadCredentials.into());
        }
        Ok(())
    }

    /// Signs a program in.
    ///
    /// # Errors
    /// As [`sign_in_person`](Self::sign_in_person).
    pub async fn sign_in_program(
        &self,
        tokens: &Tokens<'_>,
        credentials: &Credentials<'_>,
    ) -> Result<TokenPair, Error> {
        let proof = self.prove(credentials).await?;
        let pair = tokens.start(&proof.user).await?;
        if !self.still_holds(&proof).await? {
            tokens.end(&tokens.verify(&pair.access_token)?).await?;
            return Err(ErrorKind::BadCredentials.into());
        }
        Ok(pair)
    }

    /// Checks the password of somebody who is signed in already.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 503 `busy` or `unavailable`.
    pub async fn check_password(&self, user: &User, password: &Password) -> Result<(), Error> {
        let id = user.id;
        let stored = self.run(move |connection| queries::hash_of(connection, id)).await?;
        match self.hasher.verify(password, stored.as_deref()).await? {
            true => Ok(()),
            false => Err(ErrorKind::BadCredentials.into()),
        }
    }

    /// Replaces a user's password after checking the current one. All sign-ins end but
    /// `except`; answers how many.
    ///
    /// # Errors
    /// 401 `bad_credentials` for a wrong current password, 422 `invalid_field`, 503 `busy`
    /// or `unavailable`.
    pub async fn change_password(
        &self,
        user: &User,
        passwords: &NewPassword,
        except: Option<String>,
    ) -> Result<u64, Error> {
        let username = Username::parse(&user.username)?;
        new_password("new_password", passwords.new.reveal(), username.key(), &self.limits)?;
        self.check_password(user, &passwords.current).await?;
        let (id, hash) = (user.id, self.hasher.hash(&passwords.new).await?);
        self.run(move |connection| queries::set_password(connection, id, &hash, except.as_deref()))
            .await
    }

    async fn prove(&self, credentials: &Credentials<'_>) -> Result<Proof, Error> {
        let known = match Username::parse(credentials.username) {
            Ok(username) => {
                self.run(move |connection| queries::with_hash(connection, &username)).await?
            }
            Err(_) => None,
        };
        let stored = known.as_ref().map(|(_, hash)| hash.as_str());
        let proven = self.hasher.verify(credentials.password, stored).await?;
        match known {
            Some((user, hash)) if proven => {
                if !user.active {
                    return Err(ErrorKind::AccountInactive.into());
                }
                let hash = match self.hasher.is_outdated(&hash) {
                    true => self.upgrade(user.id, hash, credentials.password).await,
                    false => hash,
                };
                Ok(Proof { user, hash })
            }
            _ => Err(ErrorKind::BadCredentials.into()),
        }
    }

    /// Whether the password is still the one that was proven. Asked after a sign-in was
    /// opened: one opened with a password that changed meanwhile must not stand.
    async fn still_holds(&self, proof: &Proof) -> Result<bool, Error> {
        let id = proof.user.id;
        let now = self.run(move |connection| queries::hash_of(connection, id)).await?;
        Ok(now.is_some_and(|hash| hash == proof.hash))
    }

    /// Replaces a hash of an older kind now that the password is known, and answers the one
    /// that is kept. A failure only means that the next sign-in tries again.
    async fn upgrade(&self, id: i64, old: String, password: &Password) -> String {
        let Ok(new) = self.hasher.hash(password).await else { return old };
        let (before, after) = (old.clone(), new.clone());
        let written =
            self.run(move |connection| queries::upgrade_hash(connection, id, &before, &after));
        match written.await {
            Ok(1) => new,
            _ => old,
        }
    }
}
