//! Rocket without login, as in its guide: the same body as the service's `/api/me`, and the same
//! pages from the same templates, for every client.
//!
//! Settings come from the environment: `ROCKET_PORT`, `ROCKET_WORKERS`, `ROCKET_TEMPLATE_DIR`.

use rocket::serde::Serialize;
use rocket::serde::json::Json;
use rocket::{get, launch, routes};
use rocket_dyn_templates::{Template, context};

#[derive(Serialize)]
#[serde(crate = "rocket::serde")]
struct Me {
    id: i64,
    username: &'static str,
    full_name: Option<&'static str>,
    email: Option<&'static str>,
    device_notices: bool,
    language: Option<&'static str>,
    role: &'static str,
    created_at: &'static str,
}

#[get("/me")]
fn me() -> Json<Me> {
    Json(Me {
        id: 1,
        username: "user_00001",
        full_name: Some("User 00001"),
        email: None,
        device_notices: true,
        language: None,
        role: "user",
        created_at: "2026-01-01T00:00:00.000000Z",
    })
}

/// The same variables, with values of the same length, as the service passes to its templates.
#[get("/dashboard")]
fn dashboard() -> Template {
    Template::render(
        "dashboard",
        context! {
            title: "Dashboard",
            user: context! { username: "user_00001", full_name: "User 00001", role: "user" },
            mode: "both",
            registration: true,
            path: "/dashboard",
            base: "http://127.0.0.1:8000",
            account: context! {
                id: 1,
                username: "user_00001",
                full_name: "User 00001",
                role: "user",
                created_at: "1 January 2026, 00:00 UTC",
            },
            sign_in: context! {
                created_at: "1 January 2026, 00:00 UTC",
                address: "127.0.0.1",
                user_agent: "bench",
            },
            notice: None::<&str>,
        },
    )
}

#[get("/login")]
fn login() -> Template {
    Template::render(
        "login",
        context! {
            title: "Sign in",
            user: None::<&str>,
            mode: "both",
            registration: true,
            path: "/login",
            base: "http://127.0.0.1:8000",
            username: "",
            next: None::<&str>,
            error: None::<&str>,
            notice: None::<&str>,
            remember: true,
        },
    )
}

#[launch]
fn rocket() -> _ {
    rocket::build()
        .mount("/api", routes![me])
        .mount("/", routes![dashboard, login])
        .attach(Template::fairing())
}
