//! `vestibule serve`: start, say where, and stay.

use std::net::SocketAddr;

use log::LevelFilter;
use rocket::config::LogLevel;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::{Figment, Profile};
use rocket::tokio::select;
use rocket::{Build, Rocket};

use super::first::First;
use super::{Failure, figment, print_line};
use crate::accounts::Accounts;
use crate::app;
use crate::http::InFlight;
use crate::logging;
use crate::settings::{self, Settings};
use crate::state_dir::StateDir;

/// Starts the service and returns when it has stopped.
pub(super) fn serve() -> Result<(), Failure> {
    let (state, figment) = figment()?;
    logging::install(level(&figment));
    let settings = Settings::read(&figment)?;
    for remark in settings::remarks(&figment) {
        log::warn!(target: "vestibule_service::settings", "{remark}");
    }
    let others = settings::not_selected(&figment);
    let profile = figment.profile().to_string();
    let rocket = app::rocket(figment)?;
    let first = First::of(&settings)?;
    let at = SocketAddr::new(settings.address, settings.port);
    let rocket = rocket.attach(AdHoc::on_liftoff("Banner", move |rocket| {
        // Port 0 asks the system for a free one, which only now is known.
        let at = SocketAddr::new(rocket.config().address, rocket.config().port);
        let banner = banner(&settings, &state, &profile, &others, at, &first);
        Box::pin(async move { print_line(format_args!("{banner}")) })
    }));
    match rocket::execute(launch(rocket)) {
        Ok(()) => Ok(()),
        // A connection was still being closed, which is no failure of ours.
        Err(error) if matches!(error.kind(), ErrorKind::Shutdown(_, None)) => Ok(()),
        Err(error) => Err(Failure::new(match error.kind() {
            ErrorKind::Bind(cause) => {
                format!("cannot listen on {at}: {cause}")
            }
            other => other.to_string(),
        })),
    }
}

/// Rocket's words for what is logged; one that is none is refused with the other settings.
/// `"debug"` is not Rocket's: at its finest level HTTP itself would be in the log.
fn level(figment: &Figment) -> LevelFilter {
    match figment.extract_inner("log_level") {
        Ok(LogLevel::Off) => LevelFilter::Off,
        Ok(LogLevel::Critical) => LevelFilter::Warn,
        Ok(LogLevel::Debug) => LevelFilter::Debug,
        Ok(LogLevel::Normal) | Err(_) => LevelFilter::Info,
    }
}

/// Serves until it is told to stop and everybody who was in has been answered, for as long as the
/// grace period at the most.
async fn launch(rocket: Rocket<Build>) -> Result<(), rocket::Error> {
    let in_flight = InFlight::default();
    let rocket = rocket.attach(in_flight.clone()).ignite().await?;
    let drained = in_flight.drained(rocket.shutdown());
    let audit = rocket.state::<Accounts>().map(|accounts| accounts.audit().clone());
    let ended = select! {
        ended = rocket.launch() => ended.map(drop),
        () = drained => Ok(()),
    };
    // What the last requests told is written before the process ends.
    if let Some(audit) = audit {
        audit.flush().await;
    }
    ended
}

/// What a person who has just typed `cargo run` wants to know.
fn banner(
    settings: &Settings,
    state: &StateDir,
    profile: &str,
    others: &[Profile],
    at: SocketAddr,
    first: &First,
) -> String {
    let mode = settings.auth.mode;
    let base = format!("http://{at}");
    let mut lines = vec![
        String::new(),
        format!("  Vestibule is at {base}"),
        String::new(),
        format!("  mode      {} (profile {profile})", mode.as_str()),
        format!("  database  {}", settings.database.address.shown()),
        format!("  state     {}", state.path().display()),
    ];
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(Profile::to_string).collect();
        lines.push(format!("  profiles  not selected: {}", names.join(", ")));
    }
    lines.push(String::new());
    lines.extend(first.lines(&base));
    if !matches!(first, First::Known) {
        lines.push(String::new());
    }
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
