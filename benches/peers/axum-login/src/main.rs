//! Sessions as in axum-login's `sqlite` example: users and sessions in SQLite, one pool, the dashboard
//! behind `login_required!`. The page is rendered from the service's templates.
//!
//! `peer-axum-login DATABASE PORT TEMPLATES`; `peer-axum-login hash PASSWORD` prints a hash.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_login::tower_sessions::{ExpiredDeletion, Expiry, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, AuthUser, AuthnBackend, UserId, login_required};
use password_auth::{generate_hash, verify_password};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tera::Tera;
use tower_sessions_sqlx_store::SqliteStore;

#[derive(Clone, sqlx::FromRow)]
struct User {
    id: i64,
    username: String,
    full_name: Option<String>,
    role: String,
    password_hash: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

impl AuthUser for User {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    /// A changed password ends the session.
    fn session_auth_hash(&self) -> &[u8] {
        self.password_hash.as_bytes()
    }
}

#[derive(Clone, Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Clone, Debug)]
struct Backend(SqlitePool);

impl AuthnBackend for Backend {
    type User = User;
    type Credentials = Credentials;
    type Error = sqlx::Error;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, sqlx::Error> {
        let user: Option<User> = sqlx::query_as("SELECT * FROM users WHERE username = ?")
            .bind(credentials.username)
            .fetch_optional(&self.0)
            .await?;
        let verify = move || {
            user.filter(|user| verify_password(credentials.password, &user.password_hash).is_ok())
        };
        Ok(tokio::task::spawn_blocking(verify).await.unwrap_or_default())
    }

    async fn get_user(&self, id: &UserId<Self>) -> Result<Option<User>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM users WHERE id = ?").bind(id).fetch_optional(&self.0).await
    }
}

type AuthSession = axum_login::AuthSession<Backend>;

/// The same variables, with values of the same length, as the service passes to its template.
#[derive(Serialize)]
struct Page<'p> {
    title: &'p str,
    user: Person<'p>,
    mode: &'p str,
    registration: bool,
    path: &'p str,
    base: &'p str,
    account: Account<'p>,
    sign_in: SignIn<'p>,
    notice: Option<&'p str>,
}

#[derive(Serialize)]
struct Person<'p> {
    username: &'p str,
    full_name: Option<&'p str>,
    role: &'p str,
}

#[derive(Serialize)]
struct Account<'p> {
    id: i64,
    username: &'p str,
    full_name: Option<&'p str>,
    role: &'p str,
    created_at: &'p str,
}

#[derive(Serialize)]
struct SignIn<'p> {
    created_at: &'p str,
    address: &'p str,
    user_agent: &'p str,
}

async fn dashboard(
    session: AuthSession,
    State(tera): State<Arc<Tera>>,
) -> Result<Html<String>, StatusCode> {
    let user = session.user.ok_or(StatusCode::UNAUTHORIZED)?;
    let full_name = user.full_name.as_deref();
    let page = Page {
        title: "Dashboard",
        user: Person { username: &user.username, full_name, role: &user.role },
        mode: "both",
        registration: true,
        path: "/dashboard",
        base: "http://127.0.0.1:8000",
        account: Account {
            id: user.id,
            username: &user.username,
            full_name,
            role: &user.role,
            created_at: "1 January 2026, 00:00 UTC",
        },
        sign_in: SignIn {
            created_at: "1 January 2026, 00:00 UTC",
            address: "127.0.0.1",
            user_agent: "bench",
        },
        notice: None,
    };
    let context = tera::Context::from_serialize(page);
    let drawn = context.and_then(|context| tera.render("dashboard", &context));
    drawn.map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn login(mut session: AuthSession, Form(credentials): Form<Credentials>) -> Response {
    let user = match session.authenticate(credentials).await {
        Ok(Some(user)) => user,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    match session.login(&user).await {
        Ok(()) => Redirect::to("/dashboard").into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn templates(directory: &str) -> Tera {
    let mut tera = Tera::default();
    tera.autoescape_on(vec![""]);
    let files = ["layout", "dashboard"];
    let files = files.map(|name| (format!("{directory}/{name}.html.tera"), Some(name)));
    tera.add_template_files(files).expect("templates");
    tera
}

/// One worker, like every server of the comparison.
#[tokio::main(worker_threads = 1)]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, password] = arguments.as_slice()
        && command == "hash"
    {
        println!("{}", generate_hash(password));
        return;
    }
    let [database, port, directory] = arguments.as_slice() else { panic!("usage") };
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{database}"))
        .expect("a path")
        .journal_mode(SqliteJournalMode::Wal);
    let db = SqlitePool::connect_with(options).await.expect("a database");

    let store = SqliteStore::new(db.clone());
    store.migrate().await.expect("a table of sessions");
    let every = tokio::time::Duration::from_secs(60);
    tokio::spawn(store.clone().continuously_delete_expired(every));
    let sessions = SessionManagerLayer::new(store)
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(time::Duration::days(1)));
    let auth = AuthManagerLayerBuilder::new(Backend(db), sessions).build();

    let app = Router::new()
        .route("/dashboard", get(dashboard))
        .route_layer(login_required!(Backend, login_url = "/login"))
        .route("/login", post(login))
        .layer(auth)
        .with_state(Arc::new(templates(directory)));
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
    let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
    axum::serve(listener, app).await.expect("served");
}
