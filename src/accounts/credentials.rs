//! Proving who one is: one path for the form, the API and re-authentication.

use std::net::IpAddr;

use super::audit::Actor;
use super::fields::{password_form, password_strength};
use super::queries::{self, CurrentSignIn};
use super::throttle::Attempt;
use super::{Accounts, Client, PasswordOwner, User, Username};
use vestibule::{Error, ErrorKind, Password, Session, TokenPair, Tokens};

/// A user name and a password, as they were sent.
#[derive(Debug)]
pub struct Credentials<'c> {
    /// The name.
    pub username: &'c str,
    /// The password.
    pub password: &'c Password,
    /// Where they came from.
    pub address: Option<IpAddr>,
}

/// The two passwords of a change.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The one that is to be replaced.
    pub current: Password,
    /// The one that replaces it.
    pub new: Password,
    /// Where they came from.
    pub address: Option<IpAddr>,
}

/// How often a hash may be upgraded under a password change before it gives up.
const UPGRADE_RACES: usize = 3;

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
    /// 401 `bad_credentials`, 403 `account_inactive`, 429 `too_many_attempts`, 503 `busy` or
    /// `unavailable`.
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
        if !self.still_holds(&proof, credentials.password).await? {
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
        if !self.still_holds(&proof, credentials.password).await? {
            tokens.end(&tokens.verify(&pair.access_token)?).await?;
            return Err(ErrorKind::BadCredentials.into());
        }
        Ok(pair)
    }

    /// Checks the password of somebody who is signed in already; answers the hash that it
    /// was proven against.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 429 `too_many_attempts`, 503 `busy` or `unavailable`.
    pub async fn check_password(
        &self,
        user: &User,
        password: &Password,
        caller: &Client,
    ) -> Result<String, Error> {
        let username = Username::parse(&user.username)?;
        self.hasher.room()?;
        let attempt = self.attempt(username.key(), caller).await?;
        let id = user.id;
        let proof = async {
            let stored = self.run(move |connection| queries::hash_of(connection, id)).await?;
            let proven = self.hasher.verify(password, stored.as_deref()).await?;
            Ok(stored.filter(|_| proven))
        };
        let (attempt, proven) = self.looked_at(attempt, proof).await?;
        self.audit.password(id, proven.is_some(), caller.address);
        let stored = proven.ok_or(ErrorKind::BadCredentials)?;
        self.succeeded(attempt, false).await?;
        Ok(stored)
    }

    /// Replaces a user's password after checking the current one. All sign-ins end, but the
    /// acting one where `acting` says that it stays; answers how many.
    ///
    /// # Errors
    /// 401 `bad_credentials` for a wrong current password, 401 `token_revoked` when the
    /// acting sign-in has ended meanwhile, 422 `invalid_field`, 503 `busy` or `unavailable`.
    pub async fn change_password(
        &self,
        user: &User,
        passwords: &NewPassword,
        acting: CurrentSignIn,
    ) -> Result<u64, Error> {
        let username = Username::parse(&user.username)?;
        let owner =
            PasswordOwner { username: username.key(), full_name: user.full_name.as_deref() };
        password_form("new_password", passwords.new.reveal(), owner, &self.limits)?;
        let caller = Client { address: passwords.address, sign_in: Some(acting.id.clone()) };
        let mut hash = None;
        // A sign-in elsewhere may replace the hash by a better one of the same password
        // between check and change; then it is looked at once more.
        for _ in 0..UPGRADE_RACES {
            let expected = self.check_password(user, &passwords.current, &caller).await?;
            let hash = match &hash {
                Some(hash) => hash,
                None => hash.insert(self.hash_new("new_password", &passwords.new, owner).await?),
            };
            let by =
                Actor::account(user, Some(acting.id.clone()), passwords.address, self.clock.now()?);
            let (user, hash, acting) = (user.clone(), hash.clone(), acting.clone());
            let changed = self.run_change(user.id, move |connection| {
                let hashes = (expected.as_str(), hash.as_str());
                queries::change_password(connection, &user, hashes, &acting, &by)
            });
            if let Some(ended) = changed.await? {
                return Ok(ended);
            }
        }
        Err(ErrorKind::Unavailable.into())
    }

    /// The hash of a new password, unless it is easy to guess.
    async fn hash_new(
        &self,
        field: &'static str,
        password: &Password,
        owner: PasswordOwner<'_>,
    ) -> Result<String, Error> {
        self.rate(field, password, owner).await?;
        self.hasher.hash(password).await
    }

    /// Whether a new password is hard enough to guess, in the hashers' turn.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `field`, 503 `busy`.
    pub(super) async fn rate(
        &self,
        field: &'static str,
        password: &Password,
        owner: PasswordOwner<'_>,
    ) -> Result<(), Error> {
        if self.limits.strength == 0 {
            return Ok(());
        }
        let (password, limits) = (password.clone(), self.limits.clone());
        let (username, full_name) =
            (owner.username.to_owned(), owner.full_name.map(ToOwned::to_owned));
        let rated = self.hasher.run(move || {
            let owner = PasswordOwner { username: &username, full_name: full_name.as_deref() };
            password_strength(field, password.reveal(), owner, &limits)
        });
        rated.await?
    }

    /// The verdict about a password, with its attempt; nothing is counted when there is none.
    async fn looked_at<T>(
        &self,
        attempt: Attempt,
        verdict: impl Future<Output = Result<T, Error>>,
    ) -> Result<(Attempt, T), Error> {
        match verdict.await {
            Ok(verdict) => Ok((attempt, verdict)),
            Err(error) => {
                self.withdraw(attempt).await;
                Err(error)
            }
        }
    }

    async fn prove(&self, credentials: &Credentials<'_>) -> Result<Proof, Error> {
        let username = Username::parse(credentials.username).ok();
        // What cannot be a name is counted as it came: 429 tells nothing about it either.
        let key = username.as_ref().map_or(credentials.username, Username::key);
        let caller = Client { address: credentials.address, sign_in: None };
        // Asked first: a flood that is turned away must not cost the database anything. It is
        // turned away whoever it is, so this tells nothing. The place itself is taken behind the
        // throttle, or those whom that turns away would keep others out.
        self.hasher.room()?;
        let attempt = self.attempt(key, &caller).await?;
        let proof = async {
            let known = match username {
                Some(username) => {
                    self.run(move |connection| queries::with_hash(connection, &username)).await?
                }
                None => None,
            };
            let stored = known.as_ref().map(|(_, hash)| hash.as_str());
            let proven = self.hasher.verify(credentials.password, stored).await?;
            Ok((known, proven))
        };
        let (attempt, (known, proven)) = self.looked_at(attempt, proof).await?;
        if let Some((user, _)) = &known {
            self.audit.password(user.id, proven, credentials.address);
        }
        match known {
            Some((user, hash)) if proven => {
                self.succeeded(attempt, user.active).await?;
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
    /// opened: one opened with a password that changed meanwhile must not stand. Another
    /// hash may still be one of the same password.
    async fn still_holds(&self, proof: &Proof, password: &Password) -> Result<bool, Error> {
        let id = proof.user.id;
        let now = self.run(move |connection| queries::hash_of(connection, id)).await?;
        match now {
            Some(hash) if hash == proof.hash => Ok(true),
            other => self.hasher.verify(password, other.as_deref()).await,
        }
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
