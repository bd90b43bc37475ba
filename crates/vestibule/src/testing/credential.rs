//! A sign-in that a test has opened.

use std::fmt;

use rocket::Request;
use rocket::http::{Cookie, Header};
use rocket::outcome::Outcome;

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::actions::access_keys::{AccessKeys, KeyRequest};
use crate::actions::create::{new_row, store};
use crate::actions::mint::Mint;
use crate::actions::token_options::TokenOptions;
use crate::actions::tokens::Tokens;
use crate::config::TokenKind;
use crate::config::{Location, TokenConfig};
use crate::digest::stamp_digest;
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::session::cookie::{CookieKind, with_value};
use crate::session::ticket::Ticket;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// A sign-in that a test has opened, and how requests present it.
///
/// It stays what it was: a route that gives the browser another cookie, or the program
/// another token, does not change it.
#[derive(Clone)]
pub struct Credential {
    sign_in: SignIn,
    held: Held,
}

#[derive(Clone)]
enum Held {
    Session { stamp: Option<String>, fresh: bool },
    Token { presented: Kept, access: [Token; 2], refresh: Token },
    Key(AccessKey),
}

/// Which of the tokens is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    FreshAccess,
    Access,
    Refresh,
}

/// A token with its CSRF value, which goes with it where tokens travel in cookies.
#[derive(Clone)]
struct Token {
    text: String,
    csrf: Option<String>,
}

/// What a request needs to present a credential.
pub(super) enum Put {
    Private(Cookie<'static>),
    Plain(Cookie<'static>),
    Header(Header<'static>),
}

impl Credential {
    pub(super) async fn session<U: Account>(
        request: &Request<'_>,
        account: &U,
    ) -> Result<Self, Error> {
        let state = AuthState::of(request)?;
        if !state.config.mode.has_sessions() {
            return Err(ErrorKind::NotFound.into());
        }
        let (kind, lifetime) = (SignInKind::Browser, state.config.session.lifetime);
        let row = new_row(request, state, account, kind, lifetime, false)?;
        let sign_in = store(request, state, row).await?;
        let stamp = stamp_digest(&account.stamp());
        Ok(Self { sign_in, held: Held::Session { stamp, fresh: true } })
    }

    pub(super) async fn token<U: Account>(
        request: &Request<'_>,
        account: &U,
    ) -> Result<Self, Error> {
        let state = AuthState::of(request)?;
        let tokens = match request.guard::<Tokens<'_>>().await {
            Outcome::Success(tokens) => tokens,
            Outcome::Error((_, error)) => return Err(error),
            Outcome::Forward(_) => return Err(ErrorKind::Internal.into()),
        };
        let (kind, lifetime) = (SignInKind::Token, state.config.token.refresh.of_row());
        let row = new_row(request, state, account, kind, lifetime, false)?;
        let sign_in = store(request, state, row).await?;
        let token = |text: String| {
            let csrf = tokens.verify(&text)?.csrf;
            Ok::<_, Error>(Token { text, csrf })
        };
        let mint = Mint { state, account, issue: &TokenOptions::new() };
        let fresh = mint.pair(&sign_in, true)?;
        let access = mint.pair(&sign_in, false)?.access_token;
        let refresh = fresh.refresh_token.ok_or(ErrorKind::Internal)?;
        let held = Held::Token {
            presented: Kept::FreshAccess,
            access: [token(fresh.access_token)?, token(access)?],
            refresh: token(refresh)?,
        };
        Ok(Self { sign_in, held })
    }

    pub(super) async fn key<U: Account>(
        request: &Request<'_>,
        account: &U,
        scopes: &[&str],
    ) -> Result<Self, Error> {
        let keys = match request.guard::<AccessKeys<'_>>().await {
            Outcome::Success(keys) => keys,
            Outcome::Error((_, error)) => return Err(error),
            Outcome::Forward(_) => return Err(ErrorKind::Internal.into()),
        };
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let new = KeyRequest { label: "of a test".to_owned(), scopes, lifetime: None };
        let made = keys.make(account, new).await?;
        Ok(Self { sign_in: made.sign_in, held: Held::Key(made.key) })
    }

    /// The same sign-in, for which the password was proven at another time: a session that
    /// was restored, an access token that was refreshed. Nothing changes for an access key,
    /// which never is fresh.
    #[must_use]
    pub fn not_fresh(mut self) -> Self {
        match &mut self.held {
            Held::Session { fresh, .. } => *fresh = false,
            Held::Token { presented, .. } => *presented = Kept::Access,
            Held::Key(_) => (),
        }
        self
    }

    /// The same sign-in, presenting its refresh token instead of an access token; nothing
    /// changes for a session and an access key, which have none.
    #[must_use]
    pub fn with_refresh_token(mut self) -> Self {
        if let Held::Token { presented, .. } = &mut self.held {
            *presented = Kept::Refresh;
        }
        self
    }

    /// The id of the sign-in, by which a ledger finds it.
    #[must_use]
    pub fn sign_in(&self) -> &SignInId {
        &self.sign_in.id
    }

    /// The token that is presented, for where the kit cannot put it: a query string, a JSON
    /// body, a web socket's first message. An access key, too, which is taken in a header alone.
    /// `None` for a session.
    #[must_use]
    pub fn as_token(&self) -> Option<&str> {
        match &self.held {
            Held::Key(key) => Some(key.as_str()),
            _ => self.presented().map(|(token, _)| token.text.as_str()),
        }
    }

    fn presented(&self) -> Option<(&Token, TokenKind)> {
        match &self.held {
            Held::Session { .. } | Held::Key(_) => None,
            Held::Token { presented, access: [fresh, other], refresh } => Some(match presented {
                Kept::FreshAccess => (fresh, TokenKind::Access),
                Kept::Access => (other, TokenKind::Access),
                Kept::Refresh => (refresh, TokenKind::Refresh),
            }),
        }
    }

    /// What this request needs to present it.
    ///
    /// # Errors
    /// A sentence for whoever wrote the test.
    pub(super) fn put_on(&self, request: &Request<'_>) -> Result<Vec<Put>, &'static str> {
        let Ok(state) = AuthState::of(request) else {
            return Err("this client's application has no Auth::fairing()");
        };
        match (&self.held, self.presented()) {
            (Held::Session { stamp, fresh }, _) => {
                // Made now: it names the client, which may have an address and a User-Agent.
                let (row, stamp) = (&self.sign_in, stamp.clone());
                let config = &state.config.session;
                let ticket = Ticket { fresh: *fresh, ..Ticket::new(request, row, stamp) };
                let ticket = ticket.within_session(config, row.created_at);
                let value = serde_json::to_string(&ticket).map_err(|_| "no JSON of a ticket")?;
                let name = state.cookie_names.of(CookieKind::Session);
                let cookie = with_value(&state.config.session, name, value, None);
                Ok(vec![Put::Private(cookie)])
            }
            (Held::Token { .. }, Some((token, kind))) => token.put_on(state, kind),
            (Held::Token { .. }, None) => Ok(Vec::new()),
            (Held::Key(key), _) => {
                let config = &state.config.token;
                if !config.locations.contains(&Location::Header) {
                    return Err(
                        "token.locations has no \"header\", where alone a key is looked for",
                    );
                }
                Ok(vec![in_header(config, key.as_str())])
            }
        }
    }
}

impl Token {
    fn put_on(&self, state: &AuthState, kind: TokenKind) -> Result<Vec<Put>, &'static str> {
        let config = &state.config.token;
        if config.locations.contains(&Location::Header) {
            return Ok(vec![in_header(config, &self.text)]);
        }
        if config.locations.contains(&Location::Cookies) {
            let name = config.cookies.name(kind).to_owned();
            let cookie = Put::Plain(Cookie::new(name, self.text.clone()));
            let name = config.cookies.csrf_header.clone();
            let csrf = self.csrf.clone().map(|value| Put::Header(Header::new(name, value)));
            return Ok([cookie].into_iter().chain(csrf).collect());
        }
        Err("token.locations has neither \"header\" nor \"cookies\": put as_token() where it goes")
    }
}

fn in_header(config: &TokenConfig, token: &str) -> Put {
    let value = format!("{} {token}", config.scheme);
    Put::Header(Header::new(config.header.clone(), value))
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("kind", &self.sign_in.kind)
            .field("account", &self.sign_in.account)
            .field("sign_in", &self.sign_in.id)
            .finish_non_exhaustive()
    }
}
