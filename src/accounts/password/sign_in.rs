//! Sign-in with user name and password: one way for the form and the API.

use crate::accounts::audit::RequestSource;
use crate::accounts::config::AddressPolicy;
use crate::accounts::network_permits::NetworkPermit;
use crate::accounts::queries;
use crate::accounts::second_factor::FirstStep;
use crate::accounts::service::Accounts;
use crate::accounts::user::{User, Username};
use crate::mail::EmailAddress;
use vestibule::events::{EndedBy, EventKind};
use vestibule::password::Password;
use vestibule::sign_ins::{Amr, SessionOptions};
use vestibule::tokens::TokenPair;
use vestibule::{Error, ErrorKind, Session, Tokens};

/// A user name and a password as the client sent them.
#[derive(Debug)]
pub struct Credentials<'c> {
    /// The user name.
    pub username: &'c str,
    /// The password.
    pub password: &'c Password,
    /// Where they come from.
    pub source: RequestSource,
}

/// A user whose password was right, and the hash that it was checked against.
pub(in crate::accounts) struct VerifiedUser {
    pub(in crate::accounts) user: User,
    pub(in crate::accounts) hash: String,
    pub(super) source: RequestSource,
    /// Held until the sign-in is open, which may hash and verify once more.
    _permit: Option<NetworkPermit>,
}

/// What has become of a right password while its sign-in was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rechecked {
    Valid,
    Invalid,
    /// The user had no second factor before.
    HasSecondFactor,
}

impl Accounts {
    /// Signs a browser in; the session's cookies are sent with this response. A user who has a second
    /// factor gets a ticket for it instead, unless `trusted` is the secret of a trusted browser.
    ///
    /// An unknown name, an invalid name and a wrong password cost the same work and get the same
    /// response. Only a client that knows the password learns that an account is deactivated.
    ///
    /// # Errors
    /// 401 `bad_credentials`, 403 `account_inactive`, 429 `too_many_attempts`, 503 `busy` or
    /// `unavailable`.
    pub async fn sign_in_browser(
        &self,
        session: &Session<'_>,
        credentials: &Credentials<'_>,
        remember: bool,
        trusted: Option<&str>,
    ) -> Result<FirstStep<()>, Error> {
        let verified = self.verify_credentials(credentials).await?;
        let VerifiedUser { user, hash, .. } = &verified;
        if user.has_second_factor() && !self.is_trusted(user, trusted).await? {
            self.report_breached(&verified, credentials.password).await?;
            let ticket = self.page_ticket(user, hash, Amr::PASSWORD, remember)?;
            return Ok(FirstStep::SecondFactor(ticket));
        }
        self.open_session(session, &verified, credentials.password, remember).await
    }

    /// Opens the session of a user whose password was right, and who needs no second factor; a ticket if one
    /// was set up meanwhile.
    pub(in crate::accounts) async fn open_session(
        &self,
        session: &Session<'_>,
        verified: &VerifiedUser,
        password: &Password,
        remember: bool,
    ) -> Result<FirstStep<()>, Error> {
        self.make_room(&verified.user, verified.source).await?;
        let options = SessionOptions::new().remembered_if(remember);
        let opened = session.start_with(&verified.user, options).await?;
        match self.check_again(verified, password).await? {
            Rechecked::Valid => {}
            Rechecked::Invalid => {
                session.undo(&opened).await?;
                return Err(ErrorKind::BadCredentials.into());
            }
            Rechecked::HasSecondFactor => {
                session.undo(&opened).await?;
                let VerifiedUser { user, hash, .. } = verified;
                let ticket = self.page_ticket(user, hash, Amr::PASSWORD, remember)?;
                return Ok(FirstStep::SecondFactor(ticket));
            }
        }
        self.report_breached(verified, password).await?;
        self.record_device(&verified.user, verified.source).await?;
        Ok(FirstStep::SignedIn(()))
    }

    /// Signs a program in and returns its tokens, or a ticket for the second factor of the user.
    ///
    /// # Errors
    /// The same as [`sign_in_browser`](Self::sign_in_browser).
    pub async fn sign_in_program(
        &self,
        tokens: &Tokens<'_>,
        credentials: &Credentials<'_>,
    ) -> Result<FirstStep<TokenPair>, Error> {
        let verified = self.verify_credentials(credentials).await?;
        if verified.user.has_second_factor() {
            self.report_breached(&verified, credentials.password).await?;
            let VerifiedUser { user, hash, .. } = &verified;
            let ticket = self.program_ticket(user, hash)?;
            return Ok(FirstStep::SecondFactor(ticket));
        }
        self.make_room(&verified.user, verified.source).await?;
        let pair = tokens.start(&verified.user).await?;
        let rechecked = self.check_again(&verified, credentials.password).await?;
        if rechecked != Rechecked::Valid {
            tokens.end_claims(&tokens.verify(&pair.access_token)?).await?;
        }
        match rechecked {
            Rechecked::Valid => {}
            Rechecked::Invalid => return Err(ErrorKind::BadCredentials.into()),
            Rechecked::HasSecondFactor => {
                let ticket = self.program_ticket(&verified.user, &verified.hash)?;
                return Ok(FirstStep::SecondFactor(ticket));
            }
        }
        self.report_breached(&verified, credentials.password).await?;
        self.record_device(&verified.user, verified.source).await?;
        Ok(FirstStep::SignedIn(pair))
    }

    /// Ends the sign-ins that were not used for longest, so that with one more the account is within its limit.
    pub(in crate::accounts) async fn make_room(
        &self,
        user: &User,
        source: RequestSource,
    ) -> Result<(), Error> {
        let (id, max) = (user.id, self.max_sign_ins - 1);
        let ended = self.run_change(id, move |connection| {
            queries::end_least_recently_used(connection, id, max).map_err(Error::from)
        });
        let ended = u64::try_from(ended.await?).unwrap_or(0);
        if ended > 0 {
            self.report(EventKind::Ended(EndedBy::Limit, ended), id, None, source);
        }
        Ok(())
    }

    /// Returns the user name to verify, and the key that its attempts are counted by; no name if the text is
    /// none. An address means the account that has confirmed it, or that is named by a spelling of it. If no
    /// account is found, all spellings of an address have one key: 429 reveals no account.
    async fn find_username(&self, text: &str) -> Result<(Option<Username>, String), Error> {
        let username = Username::parse(text).ok();
        // `Username` alone folds full-width signs.
        let as_address = |name: &Username| EmailAddress::parse(name.shown()).ok();
        let address =
            EmailAddress::parse(text).ok().or_else(|| username.as_ref().and_then(as_address));
        let Some(address) = address.filter(|_| self.addresses != AddressPolicy::Off) else {
            // An invalid name is counted as it was sent, trimmed, so that 429 does not reveal that it
            // is invalid.
            let key = username.as_ref().map_or(text.trim(), Username::key).to_owned();
            return Ok((username, key));
        };
        let (named, unknown_key) = (username.clone(), address.key().to_owned());
        let found = self.run(move |connection| {
            // All three, so that the time does not tell which of them finds an account.
            let exact = match named {
                Some(name) => queries::named(connection, &name)?.map(|_| name),
                None => None,
            };
            let owner = queries::with_address(connection, &address)?;
            let same_mailbox = queries::named_by_address(connection, &address)?;
            // A user name comes before the same text as an address.
            if exact.is_some() {
                return Ok::<_, Error>(exact);
            }
            let user = owner.or_else(|| same_mailbox.into_iter().min_by_key(|user| user.id));
            user.map(|user| Username::parse(&user.username)).transpose()
        });
        Ok(match found.await? {
            Some(found) => {
                let key = found.key().to_owned();
                (Some(found), key)
            }
            None => (username, unknown_key),
        })
    }

    /// Verifies a user name, or a confirmed address, and a password.
    pub(in crate::accounts) async fn verify_credentials(
        &self,
        credentials: &Credentials<'_>,
    ) -> Result<VerifiedUser, Error> {
        // Checked first, so that a flood that is refused as busy costs no database query; it is
        // refused for every name, which reveals nothing. The place in the queue is taken after the
        // throttle, so that throttled clients do not take it from others.
        self.check_capacity(credentials.source.address)?;
        let (username, key) = self.find_username(credentials.username).await?;
        let attempt = self.begin_attempt(&key, credentials.source, None).await?;
        let check = async {
            let permit = self.acquire_permit(credentials.source.address)?;
            let known = match username {
                Some(username) => {
                    self.run(move |connection| queries::with_hash(connection, &username)).await?
                }
                None => None,
            };
            let stored = known.as_ref().map(|(_, hash)| hash.as_str());
            let is_right = self.hasher.verify(credentials.password, stored).await?;
            Ok((known, is_right, permit))
        };
        let (attempt, (known, is_right, permit)) = self.check_attempt(attempt, check).await?;
        if let Some((user, _)) = &known {
            self.audit().count_password(user.id, is_right, credentials.source);
        }
        match known {
            Some((user, hash)) if is_right => {
                self.finish_password_attempt(attempt, &user).await?;
                if !user.active {
                    return Err(ErrorKind::AccountInactive.into());
                }
                let hash = if self.hasher.is_outdated(&hash) {
                    self.upgrade_hash(user.id, hash, credentials.password).await
                } else {
                    hash
                };
                Ok(VerifiedUser { user, hash, source: credentials.source, _permit: permit })
            }
            _ => Err(ErrorKind::BadCredentials.into()),
        }
    }

    /// Checks again, after a sign-in was opened, which must not remain if the password has changed
    /// meanwhile, or a second factor was set up. Another hash may be one of the same password.
    async fn check_again(
        &self,
        verified: &VerifiedUser,
        password: &Password,
    ) -> Result<Rechecked, Error> {
        let id = verified.user.id;
        let found = self.run(move |connection| {
            let hash = queries::hash_of(connection, id)?;
            Ok::<_, Error>((hash, queries::find(connection, id)?))
        });
        let (hash, user) = found.await?;
        let has_factor = user.is_some_and(|user| user.has_second_factor());
        let is_valid = match hash {
            Some(hash) if hash == verified.hash => true,
            other => self.hasher.verify(password, other.as_deref()).await?,
        };
        Ok(match (is_valid, has_factor && !verified.user.has_second_factor()) {
            (false, _) => Rechecked::Invalid,
            (true, true) => Rechecked::HasSecondFactor,
            (true, false) => Rechecked::Valid,
        })
    }

    /// Replaces an outdated hash now that the password is known, and returns the stored hash. After
    /// a failure the next sign-in tries again.
    async fn upgrade_hash(&self, id: i64, old: String, password: &Password) -> String {
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
