//! `GET /metrics`: numbers for Prometheus, in the text format of OpenMetrics, for the bearer of the
//! token in `[default.metrics]`; without one there is no such route.
//!
//! Imports `accounts`, `db`, `housekeeping`, `http`, `mail` and `settings`.

mod page;
mod scraper;

use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, routes};

use crate::http::{RequestCounts, catchers};
use crate::settings::MetricsToken;
use scraper::Scraper;

/// Returns the numbers of this process.
#[get("/metrics")]
fn metrics(scraper: Scraper<'_>) -> Result<(ContentType, String), Status> {
    let content_type = ContentType::new("application", "openmetrics-text")
        .with_params([("version", "1.0.0"), ("charset", "utf-8")]);
    let page = page::render(scraper.rocket).map_err(|_| Status::InternalServerError)?;
    Ok((content_type, page))
}

/// Returns the route.
#[must_use]
pub fn routes() -> Vec<Route> {
    routes![metrics]
}

/// Mounts the route, with Problem JSON for its errors, and counts requests for it.
#[must_use]
pub fn stage(token: MetricsToken) -> AdHoc {
    AdHoc::on_ignite("Metrics", move |rocket| async move {
        rocket
            .manage(token)
            .manage(RequestCounts::default())
            .register("/metrics", catchers())
            .mount("/", routes())
    })
}
