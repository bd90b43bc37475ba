//! JWTs in cookies: set, taken back, and the only cookies that a token request may get.

use rocket::Request;
use rocket::http::{Cookie, SameSite as CookieSameSite};
use time::OffsetDateTime;

use super::claims::{Claims, TokenKind};
use super::config::{Config, SameSite};
use super::error::Error;
use super::state::AuthState;
use super::token::{TokenPair, Tokens};

/// How long browsers keep a cookie at the most; those of a token without an end are kept so.
const LONGEST: time::Duration = time::Duration::days(400);

const KINDS: [TokenKind; 2] = [TokenKind::Access, TokenKind::Refresh];

impl Tokens<'_> {
    /// Puts a pair into its cookies, with their CSRF values (`set_access_cookies`,
    /// `set_refresh_cookies`). Where there is no refresh token its cookies stay as they are.
    ///
    /// # Errors
    /// 500 `internal` unless `token.locations` holds `cookies`.
    pub fn set_cookies(&self, pair: &TokenPair) -> Result<(), Error> {
        let (request, state) = self.parts();
        if !state.has_token_cookies() {
            return Err(Error::misuse("auth.token.locations does not hold \"cookies\""));
        }
        let now = state.clock.now()?;
        let access = Some((TokenKind::Access, &pair.access_token));
        let refresh = pair.refresh_token.as_ref().map(|token| (TokenKind::Refresh, token));
        for (kind, token) in access.into_iter().chain(refresh) {
            set(request, state, kind, token, &self.verify(token)?, now);
        }
        Ok(())
    }

    /// Takes all four cookies back (`unset_jwt_cookies`).
    pub fn unset_cookies(&self) {
        let (request, state) = self.parts();
        for kind in KINDS {
            for name in names(&state.config, kind) {
                // Added, not removed: Rocket takes back only what the request carried, and a
                // refresh cookie of another path is not carried here.
                request.cookies().add(removal(&state.config, kind, name));
            }
        }
    }
}

/// Whether a `Set-Cookie` field is for one of the four cookies.
pub(crate) fn is_ours(state: &AuthState, field: &str) -> bool {
    let name = field.split('=').next().unwrap_or_default().trim();
    state.has_token_cookies()
        && KINDS.iter().any(|kind| names(&state.config, *kind).contains(&name))
}

fn names(config: &Config, kind: TokenKind) -> [&str; 2] {
    let cookies = &config.token.cookies;
    [cookies.name(kind), cookies.csrf_name(kind)]
}

fn set(
    request: &Request<'_>,
    state: &AuthState,
    kind: TokenKind,
    token: &str,
    claims: &Claims,
    now: OffsetDateTime,
) {
    let config = &state.config.token.cookies;
    let end = match claims.exp {
        Some(exp) => OffsetDateTime::from_unix_timestamp(exp).ok(),
        None => Some(now + LONGEST),
    };
    let expires = end.filter(|_| !config.session);
    let mut cookie = bare(&state.config, kind, config.name(kind), token);
    cookie.set_http_only(true);
    cookie.set_expires(expires);
    request.cookies().add(cookie);
    if let Some(value) = claims.csrf.as_deref().filter(|_| config.csrf_in_cookies) {
        // Readable by design: a script of ours copies it into the header.
        let mut cookie = bare(&state.config, kind, config.csrf_name(kind), value);
        cookie.set_http_only(false);
        cookie.set_expires(expires);
        request.cookies().add(cookie);
    }
}

fn removal(config: &Config, kind: TokenKind, name: &str) -> Cookie<'static> {
    let mut cookie = bare(config, kind, name, "");
    cookie.set_http_only(name == config.token.cookies.name(kind));
    cookie.set_max_age(time::Duration::ZERO);
    cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    cookie
}

fn bare(config: &Config, kind: TokenKind, name: &str, value: &str) -> Cookie<'static> {
    let cookies = &config.token.cookies;
    let same_site = match config.session.same_site {
        SameSite::Lax => CookieSameSite::Lax,
        SameSite::Strict => CookieSameSite::Strict,
    };
    let mut cookie = Cookie::build((name.to_owned(), value.to_owned()))
        .path(cookies.path(kind).to_owned())
        .secure(config.session.is_secure())
        .same_site(same_site)
        .build();
    if let Some(domain) = &cookies.domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}
