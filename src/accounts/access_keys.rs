//! Access keys of users: what they may be called and used for, making and ending them.

use std::time::Duration;

use time::OffsetDateTime;

use super::audit::Actor;
use super::counters::Counter;
use super::fields::turns_text;
use super::queries;
use super::{Accounts, KeyScope, User};
use crate::db::write;
use vestibule::{CreatedKey, Error, ErrorKind, KeyConfig, KeyRequest, SignIn, SignInId, SignIns};

/// How many keys of an account stand at once at the most.
pub const STANDING_KEYS: i64 = 100;

/// How many keys an account makes in an hour at the most: each leaves a row in the audit log
/// for good, and none costs a hash.
const KEYS: i64 = 60;
const WINDOW: Duration = Duration::from_secs(60 * 60);

/// Makes a key and keeps nothing; every fault is named at once.
///
/// # Errors
/// 403 `account_inactive`, 422 `invalid_field` naming `label`, `scopes` or `expires_in`, 503
/// `unavailable`.
pub fn draw_key(
    user: &User,
    new: KeyRequest,
    config: &KeyConfig,
    now: OffsetDateTime,
) -> Result<CreatedKey, Error> {
    let own = faults(user, &new);
    match CreatedKey::generate(user, new.clone(), config, now) {
        Ok(made) if own.is_empty() => return Ok(made),
        Err(error) if error.kind() != ErrorKind::InvalidField => return Err(error),
        _ => {}
    }
    let error = ErrorKind::InvalidField.into();
    let error = own.into_iter().fold(error, |error: Error, (name, why)| error.field(name, why));
    // The library names the first fault, so it is asked about each field beside good ones.
    let good = KeyRequest { label: "good".to_owned(), ..KeyRequest::default() };
    let fields = [
        KeyRequest { label: new.label, ..good.clone() },
        KeyRequest { scopes: new.scopes, ..good.clone() },
        KeyRequest { lifetime: new.lifetime, ..good },
    ];
    let found =
        fields.into_iter().filter_map(|new| CreatedKey::generate(user, new, config, now).err());
    Err(found.fold(error, |error, found| {
        let named = |name: &str| error.fields().any(|(known, _)| known == name);
        let new = found.fields().find(|(name, _)| !named(name));
        let new = new.map(|(name, why)| (name.to_owned(), why.to_owned()));
        match new {
            Some((name, why)) => error.field(name, why),
            None => error,
        }
    }))
}

/// What only this service refuses.
fn faults(user: &User, new: &KeyRequest) -> Vec<(&'static str, String)> {
    let label = is_deceptive(&new.label).then(|| {
        ("label", "A label has no invisible or direction-changing characters.".to_owned())
    });
    let scopes = scopes(user, &new.scopes).err().map(|why| ("scopes", why));
    label.into_iter().chain(scopes).collect()
}

/// Whether people would not read what is written: something is invisible, or turns text round.
fn is_deceptive(label: &str) -> bool {
    // Unicode's default ignorables, but for those that emoji are made of.
    let invisible = |c| {
        matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200c}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{2029}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffd}'
                | '\u{e0000}'..='\u{e0fff}'
        )
    };
    label.trim().chars().any(|c| turns_text(c) || invisible(c))
}

/// Those that there are, and those of administrators for administrators.
fn scopes(user: &User, scopes: &[String]) -> Result<(), String> {
    let known = |name: &String| KeyScope::ALL.iter().find(|scope| scope.name == *name);
    let may = |name: &String| KeyScope::for_user(user).any(|scope| scope.name == *name);
    let names = || KeyScope::for_user(user).map(|scope| scope.name).collect::<Vec<_>>().join(", ");
    if scopes.iter().any(|scope| known(scope).is_none()) {
        Err(format!("A key may have these scopes: {}.", names()))
    } else if !scopes.iter().all(may) {
        Err(format!("Without the role of an administrator a key may have: {}.", names()))
    } else {
        Ok(())
    }
}

impl Accounts {
    /// Makes a key of a user and keeps its row, with a row in the audit log in the same
    /// transaction.
    ///
    /// # Errors
    /// As [`draw_key`]; 401 `token_revoked` when the acting sign-in has ended meanwhile, 403
    /// `forbidden` for whoever has [as many as there may be](STANDING_KEYS), 429
    /// `too_many_attempts` with `Retry-After` for whoever has made many.
    pub async fn make_key(
        &self,
        user: &User,
        new: KeyRequest,
        by: &Actor,
    ) -> Result<CreatedKey, Error> {
        let mut made = draw_key(user, new, &self.keys, by.at())?;
        made.sign_in.address.clone_from(&by.address);
        let (bucket, now) = (Counter::new(format!("keys:{}", user.id), KEYS), by.at());
        let counted = self.run(move |connection| {
            write(connection, |connection| bucket.count(connection, now, WINDOW))
        });
        if let Some(full) = counted.await? {
            let detail = "You have made many keys in the last hour. Try again later.";
            return Err(full.refusal(now)?.detail(detail));
        }
        let (row, user, by) = (made.sign_in.clone(), user.clone(), by.clone());
        self.run(move |connection| queries::keep_key(connection, &user, &row, &by)).await?;
        Ok(made)
    }

    /// Ends a key of a user's. What is no key is ended as what it is, and not by a slip.
    ///
    /// # Errors
    /// 404 `not_found` when it is over, no key or another user's, 503 `unavailable`.
    pub async fn end_key(
        &self,
        user: &User,
        id: &str,
        sign_ins: &SignIns<'_>,
    ) -> Result<(), Error> {
        let id = SignInId::parse(id).ok_or(ErrorKind::NotFound)?;
        let (wanted, now) = (id.clone(), self.clock.now()?);
        let found = self.run(move |connection| queries::key(connection, wanted.as_str())).await?;
        let account = user.id.to_string();
        let own = found.filter(|key| key.account == account && now < key.expires_at);
        own.ok_or(ErrorKind::NotFound)?;
        sign_ins.end(&account, id.as_str()).await
    }
}

/// When a key was last used; `None` for one that never was.
#[must_use]
pub fn last_used(key: &SignIn) -> Option<OffsetDateTime> {
    Some(key.last_seen_at).filter(|seen| *seen > key.created_at)
}

#[cfg(test)]
mod tests {
    use super::is_deceptive;

    #[test]
    fn a_label_is_what_it_looks_like() {
        for good in ["x", " nightly backup ", "Sicherung für Ann", "备份", "👩‍💻", "❤️"]
        {
            assert!(!is_deceptive(good), "{good}");
        }
        for bad in ["a\u{202e}b", "a\u{200b}b", "a\u{fffd}b", "a\u{2066}b", "\u{feff}", "\u{3164}"]
        {
            assert!(is_deceptive(bad), "{bad:?}");
        }
    }
}
