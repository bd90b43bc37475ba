//! Creates the tokens of a sign-in.

use time::OffsetDateTime;

use crate::account::Account;
use crate::actions::token_options::TokenOptions;
use crate::actions::tokens::TokenPair;
use crate::claims::{Claims, identity_name};
use crate::config::names::is_registered_claim;
use crate::config::{Lifetime, TokenKind};
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::sign_in::rotation::Rotations;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// Creates tokens for one account with these options.
pub(crate) struct Mint<'m, U> {
    pub(crate) state: &'m AuthState,
    pub(crate) account: &'m U,
    pub(crate) options: &'m TokenOptions,
}

impl<U: Account> Mint<'_, U> {
    /// Creates the access token of a sign-in and, unless the options are `access_only`, its refresh
    /// token.
    pub(crate) fn pair(&self, sign_in: &SignIn, fresh: bool) -> Result<TokenPair, Error> {
        let config = &self.state.config.token;
        let now = self.state.clock.now()?;
        let life = self.options.access_life(config)?;
        let end = life.end(now, (sign_in.created_at, sign_in.expires_at));
        let access = Claims {
            fresh,
            exp: end.map(OffsetDateTime::unix_timestamp),
            csrf: self.csrf("access", sign_in),
            jti: Some(SignInId::random()?.to_string()),
            ..self.common(sign_in, TokenKind::Access, now)
        };
        let refresh_token = if self.options.access_only {
            None
        } else {
            Some(self.sign(&self.refresh_claims(sign_in)?)?)
        };
        Ok(TokenPair {
            expires_in: access.exp.map(|exp| exp - now.unix_timestamp()),
            access_token: self.sign(&access)?,
            refresh_token,
            token_type: config.scheme.clone(),
        })
    }

    /// Depends on the row alone, so that the same row always gives the same token.
    fn refresh_claims(&self, sign_in: &SignIn) -> Result<Claims, Error> {
        let rotated_at = match &sign_in.kind {
            SignInKind::Token(rotations) => rotations.rotated_at,
            _ => None,
        };
        // Not before the sign-in, where the clock was set back since, or that of another process is behind:
        // the token would live longer than the sign-in may.
        let since = rotated_at.unwrap_or(sign_in.created_at).max(sign_in.created_at);
        let end = Lifetime::Never.end(since, (sign_in.created_at, sign_in.expires_at));
        Ok(Claims {
            exp: end.map(OffsetDateTime::unix_timestamp),
            csrf: self.csrf("refresh", sign_in),
            jti: Some(format!("{}.{}", sign_in.id, sign_in.generation())),
            ..self.common(sign_in, TokenKind::Refresh, since)
        })
    }

    /// The CSRF value of a new token, if tokens are taken in cookies. With a store all tokens of one sign-in, kind
    /// and generation have the same, so that the response to each of several parallel refreshes fits the cookies
    /// of the others.
    fn csrf(&self, kind: &str, sign_in: &SignIn) -> Option<String> {
        let wanted = self.state.has_token_cookies() && self.state.config.token.cookies.csrf;
        let generation = sign_in.generation().to_string();
        wanted.then(|| {
            self.state.keys.derive("csrf", &[kind, sign_in.id.as_str(), generation.as_str()])
        })
    }

    fn common(&self, sign_in: &SignIn, kind: TokenKind, since: OffsetDateTime) -> Claims {
        let config = &self.state.config.token;
        let since = since.unix_timestamp();
        let mut extra = self.account.claims(kind);
        extra.extend(self.options.claims.clone());
        extra.retain(|name, _| !is_registered_claim(name));
        Claims {
            sub: sign_in.account.clone(),
            identity_claim: identity_name(&config.identity_claim),
            iss: Some(config.issuer.clone()).filter(|issuer| !issuer.is_empty()),
            aud: Some(config.audience_of(kind)).filter(|audience| !audience.is_empty()),
            iat: Some(since),
            nbf: config.nbf.then_some(since),
            sid: self.state.store.is_some().then(|| sign_in.id.as_str().to_owned()),
            auth_time: sign_in.auth_time.unix_timestamp(),
            amr: sign_in.amr,
            generation: Some(sign_in.generation()),
            stamp: stamp_digest(&self.account.stamp()),
            extra,
            ..Claims::empty(kind)
        }
    }

    fn sign(&self, claims: &Claims) -> Result<String, Error> {
        let map = claims.to_map();
        // Never issue a token that this application would refuse.
        let mut required = self.state.config.token.required(claims.kind);
        if let Some(name) = required.find(|name| !map.contains_key(*name)) {
            let text = format!("auth.token.require lists {name}, which a token of ours lacks");
            return Err(Error::misuse(text));
        }
        let mut headers = self.account.headers(claims.kind);
        headers.extend(self.options.headers.clone());
        self.state.keys.sign(claims.kind, &headers, &map)
    }
}

/// Rebuilds the row of a sign-in from its refresh token, for use without a store.
pub(crate) fn row_from_claims(claims: &Claims, now: OffsetDateTime) -> Result<SignIn, Error> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal);
    let since = claims.iat.map_or(Ok(now), time)?;
    Ok(SignIn {
        id: SignInId::random()?,
        account: claims.sub.clone(),
        kind: SignInKind::Token(Rotations {
            generation: claims.generation.unwrap_or(0) + 1,
            ..Rotations::default()
        }),
        created_at: since,
        auth_time: time(claims.auth_time)?,
        amr: claims.amr,
        last_seen_at: since,
        expires_at: claims.exp.map_or(Ok(since + Lifetime::Never.of_row()), time)?,
        user_agent: None,
        address: None,
    })
}
