//! A sign-in as a row.

use diesel::prelude::*;

use super::micros::{from_micros, to_micros};
use super::schema::sign_ins;
use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::Rotations;
use crate::sign_in::{SignIn, SignInId, SignInKind};

/// A row of `sign_ins`, for queries of your own: `.select(SignInRow::as_select())`. Scopes and
/// `amr` are separated by spaces; behind the hash of a key stands, after a dot, the digest of its account's stamp.
#[derive(AsChangeset, Insertable, Queryable, Selectable)]
#[diesel(table_name = sign_ins, treat_none_as_null = true)]
pub struct SignInRow {
    id: String,
    account: String,
    kind: String,
    created_at: i64,
    auth_time: i64,
    last_seen_at: i64,
    expires_at: i64,
    remembered: bool,
    generation: i64,
    rotated_at: Option<i64>,
    burst_from: i64,
    half_from: i64,
    half_at: Option<i64>,
    used_generation: i64,
    user_agent: Option<String>,
    address: Option<String>,
    label: Option<String>,
    scopes: String,
    secret_hash: Option<String>,
    amr: String,
}

impl SignInRow {
    pub(super) fn of(sign_in: &SignIn) -> Self {
        let rotations = match &sign_in.kind {
            SignInKind::Token(rotations) => rotations.clone(),
            _ => Rotations::default(),
        };
        let secret_hash = match &sign_in.kind {
            SignInKind::Key { secret_hash, stamp: None, .. } => Some(secret_hash.clone()),
            SignInKind::Key { secret_hash, stamp: Some(stamp), .. } => {
                Some(format!("{secret_hash}.{stamp}"))
            }
            _ => None,
        };
        Self {
            id: sign_in.id.to_string(),
            account: sign_in.account.clone(),
            kind: sign_in.kind.as_str().to_owned(),
            created_at: to_micros(sign_in.created_at),
            auth_time: to_micros(sign_in.auth_time),
            last_seen_at: to_micros(sign_in.last_seen_at),
            expires_at: to_micros(sign_in.expires_at),
            remembered: sign_in.is_remembered(),
            generation: rotations.generation,
            rotated_at: rotations.rotated_at.map(to_micros),
            burst_from: rotations.burst_from,
            half_from: rotations.segment_from,
            half_at: rotations.segment_at.map(to_micros),
            used_generation: rotations.used_generation,
            user_agent: sign_in.user_agent.clone(),
            address: sign_in.address.clone(),
            label: sign_in.label().map(str::to_owned),
            scopes: sign_in.scopes().join(" "),
            secret_hash,
            amr: sign_in.amr.to_string(),
        }
    }

    /// Returns the sign-in of a row; `None` if a value is invalid.
    #[must_use]
    pub fn into_sign_in(self) -> Option<SignIn> {
        let kind = match self.kind.as_str() {
            "browser" => SignInKind::Browser { remembered: self.remembered },
            "token" => SignInKind::Token(Rotations {
                generation: self.generation,
                rotated_at: self.rotated_at.and_then(from_micros),
                burst_from: self.burst_from,
                segment_from: self.half_from,
                segment_at: self.half_at.and_then(from_micros),
                used_generation: self.used_generation,
            }),
            "key" => {
                // Without a hash the key opens nothing, but it is listed and can be ended.
                let stored = self.secret_hash.unwrap_or_default();
                let (secret_hash, stamp) = match stored.split_once('.') {
                    Some((hash, stamp)) => (hash.to_owned(), Some(stamp.to_owned())),
                    None => (stored, None),
                };
                SignInKind::Key {
                    label: self.label.unwrap_or_default(),
                    scopes: self.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
                    secret_hash,
                    stamp,
                }
            }
            _ => return None,
        };
        Some(SignIn {
            id: SignInId::parse(&self.id)?,
            account: self.account,
            kind,
            created_at: from_micros(self.created_at)?,
            auth_time: from_micros(self.auth_time)?,
            amr: Amr::parse(&self.amr),
            last_seen_at: from_micros(self.last_seen_at)?,
            expires_at: from_micros(self.expires_at)?,
            user_agent: self.user_agent,
            address: self.address,
        })
    }
}
