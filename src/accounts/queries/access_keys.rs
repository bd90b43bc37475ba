//! Every statement about access keys, beyond what they share with other sign-ins.

use diesel::dsl::count_star;
use diesel::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::events::append;
use super::sign_ins::{Row, find, insert, lock_sign_in};
use super::users::lock_user;
use crate::accounts::audit::{Actor, AuditEvent, Record};
use crate::accounts::{STANDING_KEYS, User};
use crate::db::schema::sign_ins;
use crate::db::{AnyConnection, write};
use vestibule::{Error, ErrorKind, SignIn, SignInKind, to_micros};

/// Keeps a key that was made for a user, with its row in the audit log.
///
/// # Errors
/// 401 `token_revoked` when the acting sign-in is gone: a request that began before signing
/// out, or before the password changed, must not leave a key behind. 403 `account_inactive`;
/// 403 `forbidden` when [as many](STANDING_KEYS) stand as may; 503 `unavailable`.
pub fn keep_key(
    connection: &mut AnyConnection,
    user: &User,
    key: &SignIn,
    by: &Actor,
) -> Result<(), Error> {
    let row = Row::of(key).ok_or(ErrorKind::Internal)?;
    write(connection, |connection| {
        // Two who make the last one at once are counted one after the other.
        lock_user(connection, user.id)?;
        insert(connection, &row)?;
        if let Some(acting) = &by.sign_in
            && lock_sign_in(connection, acting)? == 0
        {
            return Err(ErrorKind::TokenRevoked.into());
        }
        if standing(connection, user.id, by.at())? > STANDING_KEYS {
            // Not 422, for no field is at fault, and not 429, for waiting does not help: this
            // request is understood and refused until a key is ended.
            let detail = format!("An account has {STANDING_KEYS} keys at the most. End one first.");
            return Err(Error::new(ErrorKind::Forbidden).detail(detail));
        }
        let record = Record::of(AuditEvent::KeyMade, user, by).detail(detail(key, by)?);
        append(connection, &[Record { sign_in: Some(key.id.to_string()), ..record }])?;
        Ok(())
    })
}

/// How many keys of an account have not expired.
fn standing(connection: &mut AnyConnection, account: i64, now: OffsetDateTime) -> QueryResult<i64> {
    sign_ins::table
        .filter(sign_ins::account.eq(account))
        .filter(sign_ins::kind.eq(SignInKind::Key.as_str()))
        .filter(sign_ins::expires_at.gt(to_micros(now)))
        .select(count_star())
        .get_result(connection)
}

/// What the audit log says of a key: first what it may do, until when, and which sign-in made
/// it; last its label, which anybody may word like all of that.
fn detail(key: &SignIn, by: &Actor) -> Result<String, Error> {
    let scopes = if key.scopes.is_empty() { "none".to_owned() } else { key.scopes.join(" ") };
    let until = key.expires_at.format(&Rfc3339).map_err(Error::internal)?;
    let acting = by.sign_in.as_ref().map(|id| format!(", by sign-in {id}")).unwrap_or_default();
    let label = key.label.as_deref().unwrap_or_default();
    Ok(format!("{scopes}, until {until}{acting}: {label}"))
}

/// The access key of this id, over or not.
///
/// # Errors
/// Whatever the database says.
pub fn key(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<SignIn>> {
    let found = find(connection, id)?;
    Ok(found.filter(|sign_in| sign_in.kind == SignInKind::Key))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::accounts::queries::{NewUser, events_after, sign_ins_of};
    use crate::accounts::{Role, Username, draw_key};
    use crate::db::{Address, connect, migrate};
    use vestibule::{KeyConfig, KeyRequest, SignInId};

    #[test]
    fn whoever_signed_out_a_moment_ago_leaves_no_key_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let address = Address::Sqlite(directory.path().join("test.sqlite3"));
        let mut connection = connect(&address, Duration::from_secs(5), true).expect("a database");
        migrate(&mut connection).expect("a schema");
        let now = OffsetDateTime::UNIX_EPOCH;
        let new = NewUser {
            username: Username::parse("ann").expect("a name"),
            full_name: None,
            role: Role::User,
            password_hash: "!".to_owned(),
            created_at: now,
        };
        let user = super::super::insert(&mut connection, &new).expect("a user");
        let wish = || KeyRequest { label: "x".to_owned(), ..KeyRequest::default() };
        let draw = || draw_key(&user, wish(), &KeyConfig::default(), now).expect("a key").sign_in;
        let gone = SignInId::random().expect("an id").to_string();

        let by = Actor::account(&user, Some(gone), None, now);
        let refused = keep_key(&mut connection, &user, &draw(), &by).expect_err("signed out");
        assert_eq!(refused.kind(), ErrorKind::TokenRevoked);
        let kept = |connection: &mut AnyConnection| {
            let keys = sign_ins_of(connection, user.id).expect("rows").len();
            (keys, events_after(connection, 0).expect("rows").len())
        };
        assert_eq!(kept(&mut connection), (0, 0));

        // With a sign-in that stands, which here is a key for want of another, it is made.
        let first = draw();
        let by_hand = Actor::command_line(now);
        keep_key(&mut connection, &user, &first, &by_hand).expect("kept");
        let by = Actor::account(&user, Some(first.id.to_string()), None, now);
        keep_key(&mut connection, &user, &draw(), &by).expect("kept");
        assert_eq!(kept(&mut connection), (2, 2));
    }
}
