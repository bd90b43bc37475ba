//! The sign-in of a test.

use std::fmt;

use rocket::Request;
use rocket::http::{Cookie, Header};
use rocket::request::{FromRequest, Outcome};

use crate::access_key::AccessKey;
use crate::account::Account;
use crate::actions::access_keys::{AccessKeys, KeyRequest};
use crate::actions::create::{new_row, store};
use crate::actions::mint::Mint;
use crate::actions::token_options::TokenOptions;
use crate::actions::tokens::Tokens;
use crate::config::{Location, TokenConfig, TokenKind};
use crate::digest::stamp_digest;
use crate::error::{Error, ErrorKind};
use crate::session::cookie::{CookieKind, with_value};
use crate::session::ticket::Ticket;
use crate::sign_in::amr::Amr;
use crate::sign_in::rotation::Rotations;
use crate::sign_in::{SignIn, SignInId, SignInKind};
use crate::state::AuthState;

/// A sign-in created for a test, and the credential by which requests present it.
///
/// The credential never changes, also if a route sets another cookie or issues another token.
#[derive(Clone)]
pub struct TestSignIn {
    sign_in: SignIn,
    credential: TestCredential,
}

#[derive(Clone)]
enum TestCredential {
    Session { stamp: Option<String>, fresh: bool },
    Token { presented: TestToken, not_fresh: TestToken, refresh: TestToken },
    Key(AccessKey),
}

/// A token and, for cookies, its CSRF value.
#[derive(Clone)]
struct TestToken {
    kind: TokenKind,
    text: String,
    csrf: Option<String>,
}

/// A part of a request that presents a credential.
pub(super) enum RequestPart {
    PrivateCookie(Cookie<'static>),
    Cookie(Cookie<'static>),
    Header(Header<'static>),
}

impl TestSignIn {
    pub(super) async fn session<U: Account>(
        request: &Request<'_>,
        account: &U,
        proven: Amr,
    ) -> Result<Self, Error> {
        let state = AuthState::of(request)?;
        if !state.config.mode.has_sessions() {
            return Err(ErrorKind::NotFound.into());
        }
        let (kind, lifetime) =
            (SignInKind::Browser { remembered: false }, state.config.session.lifetime);
        let row = new_row(request, state, account, kind, lifetime)?;
        let sign_in = store(request, state, SignIn { amr: proven, ..row }).await?;
        let stamp = stamp_digest(&account.stamp());
        Ok(Self { sign_in, credential: TestCredential::Session { stamp, fresh: true } })
    }

    pub(super) async fn token<U: Account>(
        request: &Request<'_>,
        account: &U,
        proven: Amr,
    ) -> Result<Self, Error> {
        let state = AuthState::of(request)?;
        let tokens = guard::<Tokens<'_>>(request).await?;
        let kind = SignInKind::Token(Rotations::default());
        let lifetime = state.config.token.refresh.of_row();
        let row = new_row(request, state, account, kind, lifetime)?;
        let sign_in = store(request, state, SignIn { amr: proven, ..row }).await?;
        let token = |text: String| {
            let claims = tokens.verify(&text)?;
            Ok::<_, Error>(TestToken { kind: claims.kind, text, csrf: claims.csrf })
        };
        let mint = Mint { state, account, options: &TokenOptions::new() };
        let fresh = mint.pair(&sign_in, true)?;
        let credential = TestCredential::Token {
            presented: token(fresh.access_token)?,
            not_fresh: token(mint.pair(&sign_in, false)?.access_token)?,
            refresh: token(fresh.refresh_token.ok_or(ErrorKind::Internal)?)?,
        };
        Ok(Self { sign_in, credential })
    }

    pub(super) async fn key<U: Account>(
        request: &Request<'_>,
        account: &U,
        scopes: &[&str],
    ) -> Result<Self, Error> {
        let keys = guard::<AccessKeys<'_>>(request).await?;
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let wanted = KeyRequest { label: "of a test".to_owned(), scopes, lifetime: None };
        let created = keys.make(account, wanted).await?;
        Ok(Self { sign_in: created.sign_in, credential: TestCredential::Key(created.key) })
    }

    /// The same sign-in with a credential that is not fresh, as after a refresh; no access key is.
    #[must_use]
    pub fn not_fresh(mut self) -> Self {
        match &mut self.credential {
            TestCredential::Session { fresh, .. } => *fresh = false,
            TestCredential::Token { presented, not_fresh, .. } => *presented = not_fresh.clone(),
            TestCredential::Key(_) => (),
        }
        self
    }

    /// The same sign-in, presenting its refresh token; changes nothing for a session or access key.
    #[must_use]
    pub fn with_refresh_token(mut self) -> Self {
        if let TestCredential::Token { presented, refresh, .. } = &mut self.credential {
            *presented = refresh.clone();
        }
        self
    }

    /// The id of the sign-in in the store.
    #[must_use]
    pub fn sign_in(&self) -> &SignInId {
        &self.sign_in.id
    }

    /// The token or access key that is presented, for where [`act_as`](super::ActAs::act_as) cannot
    /// put it: a query string, a JSON body, a web socket's first message. `None` for a session.
    #[must_use]
    pub fn as_token(&self) -> Option<&str> {
        match &self.credential {
            TestCredential::Session { .. } => None,
            TestCredential::Token { presented, .. } => Some(&presented.text),
            TestCredential::Key(key) => Some(key.as_str()),
        }
    }

    /// Returns what this request needs to present it, or an error for the author of the test.
    pub(super) fn parts(&self, request: &Request<'_>) -> Result<Vec<RequestPart>, &'static str> {
        let Ok(state) = AuthState::of(request) else {
            return Err("this client's application has no Auth::fairing()");
        };
        match &self.credential {
            TestCredential::Session { stamp, fresh } => {
                // Created now: it holds a digest of the client's address and User-Agent.
                let (row, stamp) = (&self.sign_in, stamp.clone());
                let config = &state.config.session;
                let ticket = Ticket { fresh: *fresh, ..Ticket::new(request, row, stamp) };
                let ticket = ticket.within_session(config, row.created_at);
                let value = serde_json::to_string(&ticket).map_err(|_| "no JSON of a ticket")?;
                let name = state.cookie_names.of(CookieKind::Session);
                let cookie = with_value(&state.config.session, name, value);
                Ok(vec![RequestPart::PrivateCookie(cookie)])
            }
            TestCredential::Token { presented, .. } => presented.parts(state),
            TestCredential::Key(key) => {
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

impl TestToken {
    fn parts(&self, state: &AuthState) -> Result<Vec<RequestPart>, &'static str> {
        let config = &state.config.token;
        if config.locations.contains(&Location::Header) {
            return Ok(vec![in_header(config, &self.text)]);
        }
        if config.locations.contains(&Location::Cookies) {
            let name = config.cookies.name(self.kind).to_owned();
            let cookie = RequestPart::Cookie(Cookie::new(name, self.text.clone()));
            let name = config.cookies.csrf_header.clone();
            let csrf = self.csrf.clone().map(|value| RequestPart::Header(Header::new(name, value)));
            return Ok([cookie].into_iter().chain(csrf).collect());
        }
        Err("token.locations has neither \"header\" nor \"cookies\": put as_token() where it goes")
    }
}

async fn guard<'r, G: FromRequest<'r, Error = Error>>(
    request: &'r Request<'_>,
) -> Result<G, Error> {
    match request.guard::<G>().await {
        Outcome::Success(guard) => Ok(guard),
        Outcome::Error((_, error)) => Err(error),
        Outcome::Forward(_) => Err(ErrorKind::Internal.into()),
    }
}

fn in_header(config: &TokenConfig, token: &str) -> RequestPart {
    let value = format!("{} {token}", config.scheme);
    RequestPart::Header(Header::new(config.header.clone(), value))
}

impl fmt::Debug for TestSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestSignIn")
            .field("kind", &self.sign_in.kind.as_str())
            .field("account", &self.sign_in.account)
            .field("sign_in", &self.sign_in.id)
            .finish_non_exhaustive()
    }
}
