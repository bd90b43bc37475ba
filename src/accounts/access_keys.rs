//! Access keys of users: what they may be called and used for, and making them.

use std::time::Duration;

use time::OffsetDateTime;

use super::audit::By;
use super::buckets::Bucket;
use super::queries;
use super::{Accounts, KeyScope, User};
use crate::auth::{Error, ErrorKind, KeyConfig, MadeKey, NewKey, SignIn};
use crate::db::write;

/// Longest label, in characters.
const MAX_LABEL: usize = 100;

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
    new: NewKey,
    config: &KeyConfig,
    now: OffsetDateTime,
) -> Result<MadeKey, Error> {
    let lifetime = match new.lifetime {
        Some(life) if life.is_zero() || life > config.longest => {
            let longest = humantime::format_duration(config.longest);
            Err(("expires_in", format!("A key lives for {longest} at the most.")))
        }
        _ => Ok(()),
    };
    let label = label(&new.label).map_err(|why| ("label", why.to_owned()));
    let scopes = scopes(user, &new.scopes).map_err(|why| ("scopes", why));
    let faults = [label.err(), scopes.err(), lifetime.err()];
    let error = faults.into_iter().flatten().fold(None, |error: Option<Error>, (name, why)| {
        Some(error.unwrap_or_else(|| ErrorKind::InvalidField.into()).field(name, why))
    });
    match error {
        Some(error) => Err(error),
        None => MadeKey::draw(user, new, config, now),
    }
}

/// What people read must be what is written: nothing invisible, nothing that turns text round.
fn label(text: &str) -> Result<(), &'static str> {
    let text = text.trim();
    let turns = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    let broken =
        |c: char| c.is_control() || turns(c) || matches!(c, '\u{61c}' | '\u{feff}' | '\u{fffd}');
    if text.is_empty() {
        Err("Say what the key is for.")
    } else if text.chars().take(MAX_LABEL + 1).count() > MAX_LABEL {
        Err("A label has at most 100 characters.")
    } else if text.chars().any(broken) {
        Err("A label has no control, invisible or direction-changing characters.")
    } else {
        Ok(())
    }
}

fn scopes(user: &User, scopes: &[String]) -> Result<(), String> {
    let known = |name: &String| KeyScope::ALL.iter().find(|scope| scope.name == *name);
    let may = |name: &String| KeyScope::for_user(user).any(|scope| scope.name == *name);
    let names = || KeyScope::for_user(user).map(|scope| scope.name).collect::<Vec<_>>().join(", ");
    if scopes.iter().any(|scope| known(scope).is_none()) {
        Err(format!("A key may have these scopes: {}.", names()))
    } else if !scopes.iter().all(may) {
        Err(format!("Without the role of an administrator a key may have: {}.", names()))
    } else if scopes.iter().enumerate().any(|(at, scope)| scopes[..at].contains(scope)) {
        Err("Name each scope once.".to_owned())
    } else {
        Ok(())
    }
}

impl Accounts {
    /// Makes a key of a user and keeps its row, with a row in the audit log in the same
    /// transaction.
    ///
    /// # Errors
    /// As [`draw_key`]; 401 `token_revoked` when the acting sign-in has ended meanwhile, 429
    /// `too_many_attempts` with `Retry-After` for whoever has made many.
    pub async fn make_key(&self, user: &User, new: NewKey, by: &By) -> Result<MadeKey, Error> {
        let mut made = draw_key(user, new, &self.keys, by.at())?;
        made.sign_in.address.clone_from(&by.address);
        let (bucket, now) = (Bucket::new(format!("keys:{}", user.id), KEYS), by.at());
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
}

/// When a key was last used; `None` for one that never was.
#[must_use]
pub fn last_used(key: &SignIn) -> Option<OffsetDateTime> {
    Some(key.last_seen_at).filter(|seen| *seen > key.created_at)
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_label_is_what_it_looks_like() {
        for good in ["x", " nightly backup ", "Sicherung für Ann", "备份", &"\u{1f600}".repeat(100)]
        {
            assert_eq!(label(good), Ok(()), "{good}");
        }
        let bad =
            ["", "  ", "a\nb", "a\u{0}b", "a\u{202e}b", "a\u{200b}b", "a\u{fffd}b", "a\u{2066}b"];
        for bad in bad.map(str::to_owned).into_iter().chain(["x".repeat(101)]) {
            assert!(label(&bad).is_err(), "{bad:?}");
        }
    }
}
