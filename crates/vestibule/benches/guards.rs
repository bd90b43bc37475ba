//! Measures the guards: whole requests through Rocket's local client, without sockets and HTTP.
//! There is a route for each guard, and one without the fairing; the difference between two lines
//! is the cost of the step between them.

use std::convert::Infallible;
use std::hint::black_box;
use std::process::Command;

use criterion::{Criterion, criterion_group, criterion_main};
use rocket::figment::providers::Serialized;
use rocket::http::{Cookie, Header, Status};
use rocket::local::asynchronous::Client;
use rocket::serde::json::Json;
use rocket::tokio::runtime::Runtime;
use rocket::{Orbit, Rocket, get, post, routes};
use serde_json::{Value, json};
use vestibule::guards::{AccessToken, BearerToken};
use vestibule::sign_ins::MemorySignInStore;
use vestibule::tokens::TokenPair;
use vestibule::{Account, Auth, Error, Session, Tokens};

/// The one account, whose look-up costs nothing.
struct User;

impl Account for User {
    type Id = i64;
    type Error = Infallible;

    fn id(&self) -> i64 {
        1
    }

    async fn find(_: &Rocket<Orbit>, _: &i64) -> Result<Option<Self>, Infallible> {
        Ok(Some(Self))
    }
}

/// Without a guard.
#[get("/public")]
fn public() -> &'static str {
    "ok"
}

#[get("/bearer")]
fn bearer(token: BearerToken<'_>) -> &'static str {
    black_box(token);
    "ok"
}

#[get("/access")]
fn access(token: AccessToken) -> &'static str {
    black_box(token);
    "ok"
}

#[get("/token")]
fn token(user: vestibule::TokenUser<User>) -> &'static str {
    black_box(user);
    "ok"
}

#[get("/session")]
fn session(user: vestibule::SessionUser<User>) -> &'static str {
    black_box(user);
    "ok"
}

#[post("/token")]
async fn start_tokens(tokens: Tokens<'_>) -> Result<Json<TokenPair>, Error> {
    Ok(Json(tokens.start(&User).await?))
}

#[post("/session")]
async fn start_session(session: Session<'_>) -> Result<&'static str, Error> {
    session.start(&User).await?;
    Ok("ok")
}

/// The credential of the measured requests.
enum Sent {
    Nothing,
    Header(Header<'static>),
    Cookie(Cookie<'static>),
}

/// An application, with or without the fairing, and its client.
struct Bench {
    runtime: Runtime,
    client: Client,
}

impl Bench {
    fn new(auth: Option<Value>) -> Self {
        let figment = rocket::Config::figment()
            .merge(("log_level", "off"))
            .merge(("secret_key", [7_u8; 64].as_slice()));
        let rocket = match auth {
            None => rocket::custom(figment).mount("/", routes![public]),
            Some(auth) => rocket::custom(figment.merge(Serialized::default("auth", auth)))
                .mount("/", routes![public, bearer, access, token, session])
                .mount("/", routes![start_tokens, start_session])
                .attach(Auth::fairing().store(MemorySignInStore::new())),
        };
        // As Rocket's own runtime, with a thread for each core.
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime.block_on(Client::untracked(rocket)).expect("a good configuration");
        Self { runtime, client }
    }

    fn access_token(&self) -> Sent {
        let pair: Value = self.runtime.block_on(async {
            self.client.post("/token").dispatch().await.into_json().await.expect("a pair of tokens")
        });
        let token = pair["access_token"].as_str().expect("an access token");
        Sent::Header(Header::new("Authorization", format!("Bearer {token}")))
    }

    fn session_cookie(&self) -> Sent {
        self.runtime.block_on(async {
            let response = self.client.post("/session").dispatch().await;
            Sent::Cookie(response.cookies().get("session").expect("a session cookie").clone())
        })
    }

    /// Adds a line to the group: requests for a path, each with this credential.
    fn requests(&self, criterion: &mut Criterion, line: &str, path: &'static str, sent: &Sent) {
        let send = async || {
            let mut request = self.client.get(path);
            match sent {
                Sent::Nothing => (),
                Sent::Header(header) => request.add_header(header.clone()),
                Sent::Cookie(cookie) => request = request.cookie(cookie.clone()),
            }
            request.dispatch().await.status()
        };
        assert_eq!(self.runtime.block_on(send()), Status::Ok, "{line}");
        criterion.bench_function(line, |bencher| {
            bencher.iter(|| self.runtime.block_on(send()));
        });
    }
}

fn settings(token: &Value) -> Value {
    json!({ "session": { "secure": false }, "token": token })
}

fn hs256() -> Value {
    settings(&json!({ "secret": "a key of this measurement and of nothing else" }))
}

/// The session policy and the other headers of the response, on a route without a guard.
fn policy(criterion: &mut Criterion) {
    let bare = Bench::new(None);
    let ours = Bench::new(Some(hs256()));
    let token = ours.access_token();
    bare.requests(criterion, "bare Rocket", "/public", &Sent::Nothing);
    bare.requests(criterion, "bare Rocket, a token is sent", "/public", &token);
    ours.requests(criterion, "policy", "/public", &Sent::Nothing);
    ours.requests(criterion, "policy, a token is sent", "/public", &token);
}

/// From guard to guard: the token is parsed, verified, and its sign-in looked up.
fn each_guard(criterion: &mut Criterion) {
    let ours = Bench::new(Some(hs256()));
    let token = ours.access_token();
    let cookie = ours.session_cookie();
    ours.requests(criterion, "BearerToken", "/bearer", &token);
    ours.requests(criterion, "AccessToken, HS256", "/access", &token);
    ours.requests(criterion, "TokenUser, memory store", "/token", &token);
    ours.requests(criterion, "SessionUser, memory store", "/session", &cookie);
}

/// The same verification with key pairs, which openssl generates.
fn key_pairs(criterion: &mut Criterion) {
    let kinds: [(&str, &[&str]); 3] = [
        ("RS256", &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("ES256", &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("EdDSA", &["ED25519"]),
    ];
    for (algorithm, options) in kinds {
        let output = Command::new("openssl").args(["genpkey", "-algorithm"]).args(options).output();
        let Ok(output) = output else {
            eprintln!("skipped: {algorithm} (no openssl found)");
            continue;
        };
        let pem = String::from_utf8(output.stdout).expect("PEM is text");
        let config = settings(&json!({ "algorithm": algorithm, "private_key": pem }));
        let ours = Bench::new(Some(config));
        let token = ours.access_token();
        let line = format!("AccessToken, {algorithm}");
        ours.requests(criterion, &line, "/access", &token);
    }
}

criterion_group!(guards, policy, each_guard, key_pairs);
criterion_main!(guards);
