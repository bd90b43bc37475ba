//! `vestibule serve`: start, say where, and stay.

use std::net::SocketAddr;

use log::LevelFilter;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::tokio::select;
use rocket::{Build, Rocket};

use super::{Failure, figment};
use crate::accounts::SAMPLES;
use crate::app;
use crate::http::InFlight;
use crate::logging;
use crate::settings::Settings;
use crate::state_dir::StateDir;

/// Starts the service and returns when it has stopped.
pub(super) fn serve() -> Result<(), Failure> {
    let (state, figment) = figment()?;
    logging::install(LevelFilter::Info);
    let settings = Settings::read(&figment)?;
    let profile = figment.profile().to_string();
    let rocket = app::rocket(figment)?;
    let at = SocketAddr::new(settings.address, settings.port);
    let rocket = rocket.attach(AdHoc::on_liftoff("Banner", move |rocket| {
        // Port 0 asks the system for a free one, which only now is known.
        let at = SocketAddr::new(rocket.config().address, rocket.config().port);
        let banner = banner(&settings, &state, &profile, at);
        Box::pin(async move { println!("{banner}") })
    }));
    match rocket::execute(launch(rocket)) {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::new(match error.kind() {
            ErrorKind::Bind(cause) => {
                format!("cannot listen on {at}: {cause}")
            }
            other => other.to_string(),
        })),
    }
}

/// Serves until it is told to stop and everybody who was in has been answered, for as long as the
/// grace period at the most.
async fn launch(rocket: Rocket<Build>) -> Result<(), rocket::Error> {
    let in_flight = InFlight::default();
    let rocket = rocket.attach(in_flight.clone()).ignite().await?;
    let drained = in_flight.drained(rocket.shutdown());
    select! {
        ended = rocket.launch() => ended.map(drop),
        () = drained => Ok(()),
    }
}

/// What a person who has just typed `cargo run` wants to know.
fn banner(settings: &Settings, state: &StateDir, profile: &str, at: SocketAddr) -> String {
    let mode = settings.auth.mode;
    let base = format!("http://{at}");
    let mut lines = vec![
        String::new(),
        format!("  Vestibule is at {base}"),
        String::new(),
        format!("  mode      {} (profile {profile})", mode.as_str()),
        format!("  database  {}", settings.database.address.shown()),
        format!("  state     {}", state.path().display()),
        String::new(),
    ];
    if settings.sample_users {
        lines.push("  Sample users of the debug profile (an empty database gets them):".to_owned());
        let shown = |(name, password, role): &(&str, &str, crate::accounts::Role)| {
            format!("    {name:<8} {password:<9} {}", role.as_str())
        };
        lines.extend(SAMPLES.iter().map(shown));
    } else {
        lines.push("  The first administrator:".to_owned());
        lines.push("    vestibule user add NAME --role admin".to_owned());
    }
    lines.push(String::new());
    lines.push("  Try:".to_owned());
    if mode.has_sessions() {
        lines.push(format!("    open {base}/login"));
    }
    if mode.has_tokens() {
        let (name, password) =
            if settings.sample_users { ("user_01", "1234") } else { ("NAME", "PASSWORD") };
        lines.push(format!(
            "    curl {base}/api/login -H 'Content-Type: application/json' \\\n         \
             -d '{{\"username\":\"{name}\",\"password\":\"{password}\"}}'"
        ));
        lines.push(format!("    curl {base}/api/me -H 'Authorization: Bearer <access_token>'"));
    }
    lines.push(String::new());
    lines.join("\n")
}
