//! `vestibule serve`: starts the service, prints the banner and serves until it is stopped.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use log::LevelFilter;
use rocket::config::LogLevel;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::{Figment, Profile};
use rocket::tokio::select;
use rocket::tokio::signal::unix::{SignalKind, signal};
use rocket::{Build, Rocket};
use rustix::process::Signal;

use super::failure::Failure;
use super::figment::load_figment;
use super::first_user::FirstUser;
use crate::accounts::Accounts;
use crate::app;
use crate::http::{BaseUrl, InFlight, ResetConnections, visible};
use crate::logging;
use crate::settings::{self, Settings};
use crate::state_dir::StateDir;
use crate::web::Templates;

/// Starts the service and returns when it has stopped.
pub(super) fn run() -> Result<(), Failure> {
    let (state, figment) = load_figment()?;
    logging::install(log_level(&figment));
    let settings = Settings::read(&figment)?;
    let warnings = settings::profile_warnings(&figment);
    for warning in warnings.into_iter().chain(settings::unknown_settings(&figment)) {
        log::warn!(target: "vestibule_service::settings", "{warning}");
    }
    if figment.profile() != rocket::Config::DEBUG_PROFILE {
        for warning in settings.cookie_warnings() {
            log::warn!(target: "vestibule_service::settings", "{warning}");
        }
    }
    let others = settings::not_selected(&figment);
    let profile = figment.profile().to_string();
    let templates = Templates::find(&figment);
    let rocket = app::rocket(figment)?.attach(ResetConnections);
    let first_user = FirstUser::find_or_create_link(&settings)?;
    let at = SocketAddr::new(settings.address, settings.port);
    let rocket = rocket.attach(AdHoc::on_liftoff("Banner", move |rocket| {
        // If the configured port is 0, the real one is known only now.
        let at = SocketAddr::new(rocket.config().address, rocket.config().port);
        let banner = banner(&settings, &state, &profile, &others, at, &first_user);
        // The service also runs if nothing can be printed.
        Box::pin(async move { drop(writeln!(std::io::stdout(), "{}", visible(&banner))) })
    }));
    match rocket::execute(launch(rocket)) {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::new(match error.kind() {
            ErrorKind::Bind(cause) => {
                format!("cannot listen on {at}: {cause}")
            }
            other => {
                // Rocket says only that some template is invalid.
                let invalid = templates.and_then(|templates| templates.check()).err();
                invalid.map_or(other.to_string(), |text| format!("template_dir: {text}"))
            }
        })),
    }
}

/// Returns the level for Rocket's setting `log_level`; an invalid one is refused with the other
/// settings. `"debug"` maps to `Debug` and not, as in Rocket, to `Trace`, at which all HTTP traffic
/// would be logged.
fn log_level(figment: &Figment) -> LevelFilter {
    match figment.extract_inner("log_level") {
        Ok(LogLevel::Off) => LevelFilter::Off,
        Ok(LogLevel::Critical) => LevelFilter::Warn,
        Ok(LogLevel::Debug) => LevelFilter::Debug,
        Ok(LogLevel::Normal) | Err(_) => LevelFilter::Info,
    }
}

/// Serves until the process is told to stop and all requests in progress have their responses, but
/// not longer than the grace period.
async fn launch(rocket: Rocket<Build>) -> Result<(), rocket::Error> {
    handle_file_size_limit();
    let rocket = rocket.ignite().await?;
    let in_flight = rocket.state::<InFlight>().cloned().unwrap_or_default();
    let grace = Duration::from_secs(rocket.config().shutdown.grace.into());
    let shutdown = rocket.shutdown();
    let audit = rocket.state::<Accounts>().map(|accounts| accounts.audit().clone());
    let mut result = select! {
        launched = rocket.launch() => launched.map(drop),
        // What launches is dropped, and the listener with it: Rocket would keep it open, and clients wait at
        // it in vain. Open connections have tasks of their own.
        () = shutdown => Ok(()),
    };
    // Rocket also returns this while requests are in flight, if it sees the shutdown first where it
    // accepts connections.
    let is_cut_off = |error: &rocket::Error| matches!(error.kind(), ErrorKind::Shutdown(_, None));
    if result.as_ref().err().is_none_or(is_cut_off) {
        in_flight.drained(grace).await;
        result = Ok(());
    }
    // Queued audit events are written before the process ends.
    if let Some(audit) = audit {
        audit.flush().await;
    }
    result
}

/// Handles SIGXFSZ, which would end the process, so that a write beyond the limit of a file's size fails as on
/// a full disk.
fn handle_file_size_limit() {
    // The handler remains when its listener is dropped.
    if let Err(cause) = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) {
        log::warn!("a limit on the size of files will end the service: {cause}");
    }
}

/// Returns what is printed at the start: addresses, mode, database, and how to sign in.
fn banner(
    settings: &Settings,
    state: &StateDir,
    profile: &str,
    others: &[Profile],
    at: SocketAddr,
    first_user: &FirstUser,
) -> String {
    let mode = settings.auth.mode;
    let base = BaseUrl::listening(settings.public_url.as_deref(), at);
    let mut lines = vec![
        String::new(),
        format!("  Vestibule is at http://{at}"),
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
    lines.extend(first_user.banner_lines(&base));
    let base = base.as_str();
    if !matches!(first_user, FirstUser::Exists) {
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
