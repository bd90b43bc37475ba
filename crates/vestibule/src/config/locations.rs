//! Where tokens are looked for: `[default.auth.token]` `locations`, `cookies`, `query`, `json`.

use serde::{Deserialize, Serialize};

use super::config_error::Errors;
use super::names::is_token;
use super::session::{SameSite, SessionConfig};
use super::token_kind::TokenKind;

/// The methods by which a browser can change something.
const UNSAFE_METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// A place in a request that may carry a token (`JWT_TOKEN_LOCATION`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Location {
    /// The `Authorization` header, or the configured one.
    Header,
    /// A cookie; unsafe requests then need a CSRF value.
    Cookies,
    /// The query string, which ends up in logs and browser histories.
    Query,
    /// The JSON body, through the data guard [`TokenBody`](crate::guards::TokenBody).
    Json,
}

impl Location {
    /// The word in `Rocket.toml`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookies => "cookies",
            Self::Query => "query",
            Self::Json => "json",
        }
    }
}

/// The `SameSite` attribute of the JWT cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenSameSite {
    /// Sent when a link leads here.
    Lax,
    /// Never sent from another site, links included.
    Strict,
    /// Sent from every site, for pages that call an API of another site; needs `secure` and `csrf`.
    None,
}

/// `[default.auth.token.cookies]`: JWTs in cookies.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenCookiesConfig {
    /// Access cookie (`JWT_ACCESS_COOKIE_NAME`). Defaults to `"access_token_cookie"`.
    pub access: String,
    /// Refresh cookie (`JWT_REFRESH_COOKIE_NAME`). Defaults to `"refresh_token_cookie"`.
    pub refresh: String,
    /// Path of the access cookie (`JWT_ACCESS_COOKIE_PATH`). Defaults to `"/"`.
    pub access_path: String,
    /// Path of the refresh cookie (`JWT_REFRESH_COOKIE_PATH`). Defaults to `"/"`.
    pub refresh_path: String,
    /// Domain of all four cookies (`JWT_COOKIE_DOMAIN`). Defaults to none: this host only.
    pub domain: Option<String>,
    /// Whether all four are for HTTPS only (`JWT_COOKIE_SECURE`). Defaults to `session.secure`.
    pub secure: Option<bool>,
    /// `SameSite` of all four (`JWT_COOKIE_SAMESITE`). Defaults to `session.same_site`.
    pub same_site: Option<TokenSameSite>,
    /// Whether they end with the browser (`JWT_SESSION_COOKIE`), not the token. Defaults to on.
    pub session: bool,
    /// Whether `csrf_methods` need the CSRF value (`JWT_COOKIE_CSRF_PROTECT`). Defaults to on.
    pub csrf: bool,
    /// Whether readable cookies carry the CSRF values (`JWT_CSRF_IN_COOKIES`). Defaults to on.
    pub csrf_in_cookies: bool,
    /// The methods that need the CSRF value (`JWT_CSRF_METHODS`), in capitals. Defaults to
    /// `POST`, `PUT`, `PATCH` and `DELETE`.
    pub csrf_methods: Vec<String>,
    /// Whether a form field may carry the CSRF value (`JWT_CSRF_CHECK_FORM`); it must be within the
    /// first 512 bytes of the form. Defaults to off.
    pub csrf_check_form: bool,
    /// CSRF cookie for access (`JWT_ACCESS_CSRF_COOKIE_NAME`). Defaults to `"csrf_access_token"`.
    pub csrf_access: String,
    /// CSRF cookie for refresh (`JWT_REFRESH_CSRF_COOKIE_NAME`). Defaults to
    /// `"csrf_refresh_token"`.
    pub csrf_refresh: String,
    /// Path of the CSRF cookie beside the access cookie (`JWT_ACCESS_CSRF_COOKIE_PATH`): that of
    /// the pages whose scripts read it. Defaults to `"/"`.
    pub csrf_access_path: String,
    /// Path of the CSRF cookie for refresh (`JWT_REFRESH_CSRF_COOKIE_PATH`). Defaults to `"/"`.
    pub csrf_refresh_path: String,
    /// Header of the CSRF value (`JWT_ACCESS_CSRF_HEADER_NAME`,
    /// `JWT_REFRESH_CSRF_HEADER_NAME`). Defaults to `"X-CSRF-TOKEN"`.
    pub csrf_header: String,
    /// Form field of the CSRF value (`JWT_ACCESS_CSRF_FIELD_NAME`,
    /// `JWT_REFRESH_CSRF_FIELD_NAME`). Defaults to `"csrf_token"`.
    pub csrf_field: String,
}

impl Default for TokenCookiesConfig {
    fn default() -> Self {
        Self {
            access: "access_token_cookie".to_owned(),
            refresh: "refresh_token_cookie".to_owned(),
            access_path: "/".to_owned(),
            refresh_path: "/".to_owned(),
            domain: None,
            secure: None,
            same_site: None,
            session: true,
            csrf: true,
            csrf_in_cookies: true,
            csrf_methods: UNSAFE_METHODS.map(str::to_owned).to_vec(),
            csrf_check_form: false,
            csrf_access: "csrf_access_token".to_owned(),
            csrf_refresh: "csrf_refresh_token".to_owned(),
            csrf_access_path: "/".to_owned(),
            csrf_refresh_path: "/".to_owned(),
            csrf_header: "X-CSRF-TOKEN".to_owned(),
            csrf_field: "csrf_token".to_owned(),
        }
    }
}

impl TokenCookiesConfig {
    /// The name of the cookie for this type of token.
    pub(crate) fn name(&self, kind: TokenKind) -> &str {
        kind.pick(&self.access, &self.refresh)
    }

    /// Its path.
    pub(crate) fn path(&self, kind: TokenKind) -> &str {
        kind.pick(&self.access_path, &self.refresh_path)
    }

    /// The name of the readable cookie with the CSRF value.
    pub(crate) fn csrf_name(&self, kind: TokenKind) -> &str {
        kind.pick(&self.csrf_access, &self.csrf_refresh)
    }

    /// The path of that CSRF cookie.
    pub(crate) fn csrf_path(&self, kind: TokenKind) -> &str {
        kind.pick(&self.csrf_access_path, &self.csrf_refresh_path)
    }

    /// Whether browsers send the cookies over HTTPS only.
    pub(crate) fn is_secure(&self, session: &SessionConfig) -> bool {
        self.secure.unwrap_or_else(|| session.is_secure())
    }

    /// The `SameSite` attribute of the cookies.
    pub(crate) fn same_site(&self, session: &SessionConfig) -> TokenSameSite {
        self.same_site.unwrap_or(match session.same_site {
            SameSite::Lax => TokenSameSite::Lax,
            SameSite::Strict => TokenSameSite::Strict,
        })
    }

    /// The names of all four cookies.
    pub(super) fn names(&self) -> [&str; 4] {
        [&self.access, &self.refresh, &self.csrf_access, &self.csrf_refresh]
    }

    /// Their paths, in the same order.
    fn paths(&self) -> [&str; 4] {
        [&self.access_path, &self.refresh_path, &self.csrf_access_path, &self.csrf_refresh_path]
    }

    pub(super) fn validate(&self, errors: &mut Errors) {
        let mut require = |holds, problem: &str| errors.require(holds, "token.cookies", problem);
        let names = self.names();
        let fields = [self.csrf_header.as_str(), self.csrf_field.as_str()];
        let all_fit = names.iter().chain(&fields).all(|name| is_token(name));
        require(all_fit, "names must be letters, digits, - or _");
        let is_repeated = (1..names.len()).any(|index| names[..index].contains(&names[index]));
        require(!is_repeated, "the four cookies must have different names");
        let known = |method: &String| method == "GET" || UNSAFE_METHODS.contains(&method.as_str());
        let methods = !self.csrf_methods.is_empty() && self.csrf_methods.iter().all(known);
        require(methods, "csrf_methods must be some of GET, POST, PUT, PATCH, DELETE, in capitals");
        // A `;` would begin another attribute of the cookie.
        let plain = |path: &str| path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let paths = self.paths().iter().all(|path| path.starts_with('/') && plain(path));
        require(paths, "paths must begin with / and hold no space and no ;");
        let host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        let is_host = |name: &str| !name.is_empty() && name.bytes().all(host);
        require(self.domain.as_deref().is_none_or(is_host), "domain must be a host name");
    }

    /// Checks for cookies that browsers would refuse or that other sites could abuse.
    pub(super) fn validate_beside(&self, session: &SessionConfig, errors: &mut Errors) {
        let mut require = |holds, problem: &str| errors.require(holds, "token.cookies", problem);
        let secure = self.is_secure(session);
        if self.same_site(session) == TokenSameSite::None {
            require(secure, "same_site = \"none\" needs secure = true");
            require(self.csrf, "same_site = \"none\" does not go with csrf = false");
            let checked = |one: &&str| self.csrf_methods.iter().any(|method| method == one);
            let problem =
                "same_site = \"none\" needs all of POST, PUT, PATCH, DELETE in csrf_methods";
            require(UNSAFE_METHODS.iter().all(checked), problem);
        }
        let named = |prefix: &str| self.names().iter().any(|name| name.starts_with(prefix));
        let is_prefixed = named("__Host-") || named("__Secure-");
        let problem = "names that begin with __Host- or __Secure- need secure = true";
        require(!is_prefixed || secure, problem);
        let is_host_only = self.domain.is_none() && self.paths().iter().all(|path| *path == "/");
        let problem = "names that begin with __Host- need paths of / and no domain";
        require(!named("__Host-") || is_host_only, problem);
    }
}

/// `[default.auth.token.query]`: tokens in the query string.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenQueryConfig {
    /// The name of the parameter (`JWT_QUERY_STRING_NAME`). Defaults to `"jwt"`.
    pub name: String,
    /// The prefix before the token (`JWT_QUERY_STRING_VALUE_PREFIX`). Defaults to none.
    pub prefix: String,
}

impl Default for TokenQueryConfig {
    fn default() -> Self {
        Self { name: "jwt".to_owned(), prefix: String::new() }
    }
}

impl TokenQueryConfig {
    pub(super) fn validate(&self, errors: &mut Errors) {
        errors.require(!self.name.is_empty(), "token.query.name", "must not be empty");
    }
}

/// `[default.auth.token.json]`: tokens in the JSON body.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenJsonConfig {
    /// The key of the access token (`JWT_JSON_KEY`). Defaults to `"access_token"`.
    pub access: String,
    /// The key of the refresh token (`JWT_REFRESH_JSON_KEY`). Defaults to `"refresh_token"`.
    pub refresh: String,
}

impl Default for TokenJsonConfig {
    fn default() -> Self {
        Self { access: "access_token".to_owned(), refresh: "refresh_token".to_owned() }
    }
}

impl TokenJsonConfig {
    /// The key for this type of token.
    pub(crate) fn name(&self, kind: TokenKind) -> &str {
        kind.pick(&self.access, &self.refresh)
    }

    pub(super) fn validate(&self, errors: &mut Errors) {
        let holds =
            self.access != self.refresh && !self.access.is_empty() && !self.refresh.is_empty();
        errors.require(holds, "token.json", "the two keys must be different, and not empty");
    }
}
