//! Sets and removes the cookies of JWTs, the only cookies that a token request may get.

use rocket::http::{Cookie, SameSite as CookieSameSite};
use time::OffsetDateTime;

use crate::actions::tokens::{TokenPair, Tokens};
use crate::config::{Config, TokenKind, TokenSameSite};
use crate::credentials::origin;
use crate::error::Error;
use crate::session::cookie::expired;
use crate::state::AuthState;

/// The longest that browsers keep a cookie; for tokens that do not expire.
const LONGEST: time::Duration = time::Duration::days(400);

const KINDS: [TokenKind; 2] = [TokenKind::Access, TokenKind::Refresh];

impl Tokens<'_> {
    /// Sets the cookies of a pair and of its CSRF values (`set_access_cookies`,
    /// `set_refresh_cookies`). Without a refresh token its cookies stay as they are.
    ///
    /// # Errors
    /// 500 `internal` unless `token.locations` holds `cookies`.
    pub fn set_cookies(&self, pair: &TokenPair) -> Result<(), Error> {
        if !self.state.has_token_cookies() {
            return Err(Error::misuse("auth.token.locations does not hold \"cookies\""));
        }
        self.set_cookie(TokenKind::Access, &pair.access_token)?;
        let refresh = pair.refresh_token.as_ref();
        refresh.map_or(Ok(()), |token| self.set_cookie(TokenKind::Refresh, token))
    }

    /// Checks that the browser will keep the cookies: the page that asks was not opened over plain
    /// HTTP. Call it before a sign-in whose tokens [`set_cookies`](Self::set_cookies) sets.
    ///
    /// # Errors
    /// 400 `insecure_connection`.
    pub fn check_secure(&self) -> Result<(), Error> {
        let config = &self.state.config;
        if config.token.cookies.is_secure(&config.session) {
            origin::check_secure(self.request)?;
        }
        Ok(())
    }

    /// Removes all four cookies, with the attributes that they were set with
    /// (`unset_jwt_cookies`).
    pub fn unset_cookies(&self) {
        for kind in KINDS {
            for name in names(&self.state.config, kind) {
                // Added, not removed: Rocket removes only cookies of the request, and a refresh
                // cookie of another path is not sent here.
                self.request.cookies().add(expired(bare(&self.state.config, kind, name, "")));
            }
        }
    }

    /// Sets the cookie of a token and that of its CSRF value.
    fn set_cookie(&self, kind: TokenKind, token: &str) -> Result<(), Error> {
        let (claims, now) = (self.verify(token)?, self.state.clock.now()?);
        let config = &self.state.config.token.cookies;
        let end = match claims.exp {
            Some(exp) => OffsetDateTime::from_unix_timestamp(exp).ok(),
            None => Some(now + LONGEST),
        };
        let add = |name, value| {
            let mut cookie = bare(&self.state.config, kind, name, value);
            if let Some(end) = end.filter(|_| !config.session) {
                // A browser whose clock is wrong goes by the age.
                let left = (end.unix_timestamp() - now.unix_timestamp()).max(0);
                cookie.set_max_age(time::Duration::seconds(left));
                cookie.set_expires(end);
            }
            self.request.cookies().add(cookie);
        };
        add(config.name(kind), token);
        if let Some(value) = claims.csrf.as_deref().filter(|_| config.csrf_in_cookies) {
            add(config.csrf_name(kind), value);
        }
        Ok(())
    }
}

/// Whether a `Set-Cookie` field is for one of the four cookies.
pub(crate) fn is_ours(state: &AuthState, field: &str) -> bool {
    let Some((name, _)) = field.split_once('=') else { return false };
    let is_named = |kind| names(&state.config, kind).contains(&name.trim());
    state.has_token_cookies() && KINDS.into_iter().any(is_named)
}

fn names(config: &Config, kind: TokenKind) -> [&str; 2] {
    let cookies = &config.token.cookies;
    [cookies.name(kind), cookies.csrf_name(kind)]
}

fn bare(config: &Config, kind: TokenKind, name: &str, value: &str) -> Cookie<'static> {
    let cookies = &config.token.cookies;
    let same_site = match cookies.same_site(&config.session) {
        TokenSameSite::Lax => CookieSameSite::Lax,
        TokenSameSite::Strict => CookieSameSite::Strict,
        TokenSameSite::None => CookieSameSite::None,
    };
    let holds_token = name == cookies.name(kind);
    let path = if holds_token { cookies.path(kind) } else { cookies.csrf_path(kind) };
    let mut cookie = Cookie::build((name.to_owned(), value.to_owned()))
        .path(path.to_owned())
        .secure(cookies.is_secure(&config.session))
        .same_site(same_site)
        // Scripts copy the CSRF value into the header.
        .http_only(holds_token)
        .build();
    if let Some(domain) = &cookies.domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}
