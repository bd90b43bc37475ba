//! `vestibule serve`: start, say where, and stay.

use std::net::SocketAddr;
use std::time::Duration;

use log::LevelFilter;
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;

use super::{Failure, figment};
use crate::accounts::{Role, SAMPLES, SetupToken, new_setup_link, queries};
use crate::app;
use crate::auth::{Clock, Error};
use crate::db;
use crate::logging;
use crate::settings::Settings;
use crate::state_dir::StateDir;

/// How long the start waits for the database.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Starts the service and returns when it has stopped.
pub(super) fn serve() -> Result<(), Failure> {
    let (state, figment) = figment()?;
    logging::install(LevelFilter::Info);
    let settings = Settings::read(&figment)?;
    let profile = figment.profile().to_string();
    let rocket = app::rocket(figment)?;
    let first = First::of(&settings)?;
    let at = SocketAddr::new(settings.address, settings.port);
    let rocket = rocket.attach(AdHoc::on_liftoff("Banner", move |rocket| {
        // Port 0 asks the system for a free one, which only now is known.
        let at = SocketAddr::new(rocket.config().address, rocket.config().port);
        let banner = banner(&settings, &state, &profile, at, &first);
        Box::pin(async move { println!("{banner}") })
    }));
    match rocket::execute(rocket.launch()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(match error.kind() {
            ErrorKind::Bind(cause) => {
                format!("cannot listen on {at}: {cause}")
            }
            other => other.to_string(),
        })),
    }
}

/// How the first user comes in.
enum First {
    /// As one of the sample users.
    Samples,
    /// As the administrator whom the command line makes, or this link.
    Administrator(Option<SetupToken>),
    /// Somebody administers the service already.
    Known,
}

impl First {
    fn of(settings: &Settings) -> Result<Self, Failure> {
        if settings.sample_users {
            return Ok(Self::Samples);
        }
        let mut connection =
            db::connect(&settings.database.address, TIMEOUT, false).map_err(Error::from)?;
        if !settings.auth.mode.has_sessions() {
            let known = queries::has_administrator(&mut connection)?;
            return Ok(if known { Self::Known } else { Self::Administrator(None) });
        }
        Ok(match new_setup_link(&mut connection, Clock::system().now()?)? {
            Some(token) => Self::Administrator(Some(token)),
            None => Self::Known,
        })
    }

    fn lines(&self, base: &str) -> Vec<String> {
        match self {
            Self::Samples => {
                let head = "  Sample users of the debug profile (an empty database gets them):";
                let shown = |(name, password, role): &(&str, &str, Role)| {
                    format!("    {name:<8} {password:<9} {}", role.as_str())
                };
                [head.to_owned()].into_iter().chain(SAMPLES.iter().map(shown)).collect()
            }
            Self::Administrator(token) => {
                let mut lines = vec!["  The first administrator:".to_owned()];
                if let Some(token) = token {
                    lines.push(format!("    open {base}/setup?token={}", token.reveal()));
                    lines.push("  (the link works once, within a day), or:".to_owned());
                }
                lines.push("    vestibule user add NAME --role admin".to_owned());
                lines
            }
            Self::Known => Vec::new(),
        }
    }
}

/// What a person who has just typed `cargo run` wants to know.
fn banner(
    settings: &Settings,
    state: &StateDir,
    profile: &str,
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
        String::new(),
    ];
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
