//! Bearer tokens as in axum's `jwt` example: an extractor that verifies the token with jsonwebtoken.
//! Added: one look-up of the user in SQLite with sqlx, so that a deleted or disabled user is refused.
//!
//! `peer-axum-jwt DATABASE PORT`, with `JWT_SECRET` in the environment.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::LazyLock;

use axum::extract::{FromRef, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use axum::{Json, RequestPartsExt, Router};
use axum_extra::TypedHeader;
use axum_extra::headers::Authorization;
use axum_extra::headers::authorization::Bearer;
use jsonwebtoken::{DecodingKey, Validation, decode};
use serde::{Deserialize, Serialize};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

static KEY: LazyLock<DecodingKey> = LazyLock::new(|| {
    let secret = std::env::var("JWT_SECRET").expect("JWT_SECRET is set");
    DecodingKey::from_secret(secret.as_bytes())
});

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

#[derive(Serialize, sqlx::FromRow)]
struct User {
    id: i64,
    username: String,
    full_name: Option<String>,
    email: Option<String>,
    device_notices: bool,
    language: Option<String>,
    role: String,
    created_at: String,
}

impl<S> FromRequestParts<S> for User
where
    SqlitePool: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, StatusCode> {
        let TypedHeader(Authorization(bearer)) = parts
            .extract::<TypedHeader<Authorization<Bearer>>>()
            .await
            .map_err(|_| StatusCode::UNAUTHORIZED)?;
        let mut validation = Validation::default();
        validation.set_audience(&["vestibule-api"]);
        validation.set_issuer(&["vestibule"]);
        let token = decode::<Claims>(bearer.token(), &KEY, &validation)
            .map_err(|_| StatusCode::UNAUTHORIZED)?;
        let id: i64 = token.claims.sub.parse().map_err(|_| StatusCode::UNAUTHORIZED)?;
        let db = SqlitePool::from_ref(state);
        sqlx::query_as(
            "SELECT id, username, full_name, NULL AS email, TRUE AS device_notices, NULL AS language, \
             role, created_at FROM users WHERE id = ? AND active",
        )
        .bind(id)
        .fetch_optional(&db)
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?
        .ok_or(StatusCode::UNAUTHORIZED)
    }
}

async fn me(State(_): State<SqlitePool>, user: User) -> Json<User> {
    Json(user)
}

/// One worker, like every server of the comparison.
#[tokio::main(worker_threads = 1)]
async fn main() {
    let [database, port] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("usage");
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{database}"))
        .expect("a path")
        .journal_mode(SqliteJournalMode::Wal);
    let db = SqlitePool::connect_with(options).await.expect("a database");
    let app = Router::new().route("/api/me", get(me)).with_state(db);
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
    let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
    axum::serve(listener, app).await.expect("served");
}
