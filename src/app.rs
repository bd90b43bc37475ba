//! Assembles the application from its stages.

use std::sync::Arc;
use std::time::Duration;

use rocket::figment::providers::{Env, Format, Serialized, Toml};
use rocket::figment::value::{Dict, Map};
use rocket::figment::{self, Figment, Metadata, Profile, Provider};
use rocket::{Build, Rocket};
use serde::Serialize;

use crate::accounts::audit::{Audit, AuditEvents};
use crate::accounts::{
    Accounts, active_samples, insert_samples, queries, reseal_secrets, unreadable_warning,
};
use crate::db::{self, Db};
use crate::fingerprints;
use crate::housekeeping::{self, OwnPurgeCounts, RetentionLimits};
use crate::http::{self, AccessLog, Cors, InFlight, SecurityHeaders, TrustedProxies};
use crate::languages::Languages;
use crate::settings::Settings;
use crate::state_dir::StateDir;
use crate::web::{Assets, Templates};
use crate::{api, delivery, metrics, web};
use vestibule::config::{ConfigError, Location, Mode};
use vestibule::database::{DieselSignInStore, DieselThrottle};
use vestibule::password::Hasher;
use vestibule::{Auth, Clock};

/// How long a connection may take while the service starts.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// A default of the service, whose source errors report as `(default)` and not as a line of the program.
struct Preset<T>(Serialized<T>);

impl<T: Serialize> Provider for Preset<T> {
    fn metadata(&self) -> Metadata {
        Metadata::named("default")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.0.data()
    }
}

fn preset<T: Serialize>(key: &str, value: T) -> Preset<T> {
    Preset(Serialized::default(key, value))
}

/// Returns the configuration: defaults, then the secrets of the state directory, then
/// `Rocket.toml`, then the environment. `ROCKET_PROFILE` selects the profile.
#[must_use]
pub fn figment(state: &StateDir) -> Figment {
    // Absent before the first start, when commands such as `routes` already work.
    let generated =
        if state.secrets().exists() { Toml::file_exact(state.secrets()) } else { Toml::string("") };
    let figment = Figment::from(rocket::Config::default())
        .merge(preset("ident", false))
        // Rocket's default in a release is "critical", which hides warnings.
        .merge(preset("log_level", "normal"))
        // Time for a sign-in that waits for its password hash when the service stops.
        .merge(preset("shutdown.grace", 20))
        // Rocket's default takes X-Real-IP from any client.
        .merge(preset("ip_header", false))
        .merge(preset("databases.main.url", state.database_url()))
        .merge(generated.profile(Profile::Default))
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE"]).global())
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE));
    let figment = if figment.profile() == rocket::Config::DEBUG_PROFILE {
        figment.join(preset("mail.url", state.mail_url()))
    } else {
        figment
    };
    let locations: Vec<Location> =
        figment.extract_inner("auth.token.locations").unwrap_or_default();
    if !locations.contains(&Location::Cookies) {
        return figment;
    }
    // A browser that sent them to pages would get no page by its session.
    figment
        .join(preset("auth.token.cookies.access_path", api::BASE))
        .join(preset("auth.token.cookies.refresh_path", api::BASE))
}

/// Builds the application with the system's clock.
///
/// # Errors
/// One [`ConfigError`] per error of the configuration, or of the database at the start.
pub fn rocket(figment: Figment) -> Result<Rocket<Build>, Vec<ConfigError>> {
    build(figment, &Clock::system())
}

/// Builds the application with another clock, for tests.
///
/// # Errors
/// As [`rocket()`].
pub fn build(figment: Figment, clock: &Clock) -> Result<Rocket<Build>, Vec<ConfigError>> {
    build_open(figment, clock, &[])
}

/// Builds the application for a caller that mounts further routes, of which the `open` ones require
/// no login; see [`Auth::login_required_except`].
///
/// # Errors
/// As [`rocket()`].
pub fn build_open(
    figment: Figment,
    clock: &Clock,
    open: &[&str],
) -> Result<Rocket<Build>, Vec<ConfigError>> {
    let settings = Settings::read(&figment)?;
    let config_error = |key: &str, text: String| vec![ConfigError::new(&figment, key, text)];
    let templates = if settings.auth.mode.has_sessions() {
        Templates::find(&figment).and_then(|found| found.path()).map(Some)
    } else {
        Ok(None)
    };
    let templates = templates.map_err(|text| config_error("template_dir", text))?;
    let assets = Assets::load(settings.accounts.static_dir().as_deref())
        .map_err(|text| config_error("accounts.static_dir", text))?;
    let languages =
        languages(&settings).map_err(|text| config_error("accounts.languages_dir", text))?;
    let hasher = Hasher::new(&settings.auth.password).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        config_error("auth.password", cause.unwrap_or_else(|| error.to_string()))
    })?;
    prepare(&settings, &hasher, clock).map_err(|text| config_error("databases.main.url", text))?;
    let db = Db::new(&settings.database);
    let mode = settings.auth.mode;
    let (audit, writer) = Audit::new(clock.clone());
    let events = AuditEvents::new(audit);
    let auth = Auth::fairing()
        .store(DieselSignInStore::new(db.clone()).lock_account(queries::lock_account))
        .throttle(DieselThrottle::new(db.clone()))
        .events(events.clone())
        .clock(clock.clone())
        .hasher(hasher.clone())
        .login_required_except(&[open, &open_routes(&settings)].concat());
    let accounts = Accounts::new(
        db.clone(),
        hasher,
        auth.cache(),
        events,
        (&settings.auth, &settings.accounts, settings.sealing_keys.clone()),
    );
    let accounts = accounts.with_passkeys(settings.relying_party().ok());

    let proxies = settings.accounts.trusted_proxy.clone();
    // Without a proxy Rocket reads no header, even if Rocket.toml names one.
    let figment = if proxies.is_empty() {
        figment.merge(("ip_header", false))
    } else {
        figment.merge(("ip_header", http::CLIENT_HEADER))
    };
    let figment = match templates {
        Some(path) => figment.merge(("template_dir", path)),
        None => figment,
    };
    let in_flight = InFlight::default();
    // Attached first: a fairing after it may wait for the body of a request that must be counted.
    let mut rocket = rocket::custom(figment).attach(in_flight.clone()).manage(in_flight);
    if !proxies.is_empty() {
        rocket = rocket.attach(TrustedProxies(proxies));
    }
    if mode.has_tokens() {
        rocket = rocket.attach(Cors::new(api::BASE, &settings.api, &settings.auth));
    }
    rocket = rocket
        .attach(AccessLog)
        .attach(http::shield())
        .attach(SecurityHeaders)
        .attach(http::stage(mode));
    if mode.has_sessions() {
        rocket = rocket.attach(web::stage(&settings, assets));
    }
    if mode.has_tokens() {
        rocket = rocket.attach(api::stage(&settings));
    }
    if let Some(token) = settings.metrics.clone() {
        rocket = rocket.attach(metrics::stage(token));
    }
    if let Some(mailer) = settings.mail.clone() {
        rocket = rocket.attach(delivery::deliver_mails(mailer));
    }
    if mode == Mode::Token {
        rocket = rocket.register("/", http::catchers());
    }
    Ok(rocket
        .attach(housekeeping::start_maintenance(
            RetentionLimits {
                clock: clock.clone(),
                idle: settings.auth.session.idle,
                audit_retention: settings.accounts.audit_retention,
            },
            settings.fingerprints.clone(),
        ))
        .attach(housekeeping::write_audit_log(writer))
        .attach(auth)
        .manage(accounts)
        .manage(Arc::<OwnPurgeCounts>::default())
        .manage(db)
        .manage(clock.clone())
        .manage(languages)
        .manage(settings.accounts.second_factor)
        .manage(settings))
}

/// Returns the routes that require no login. Without a login guard on every other route the
/// service does not start.
fn open_routes(settings: &Settings) -> Vec<&'static str> {
    let (mode, registration) = (settings.auth.mode, settings.accounts.registration);
    let mut open = vec!["GET /health", "GET /health/live", "GET /health/ready"];
    if settings.metrics.is_some() {
        // Its guard proves no login, but asks for the token of `[default.metrics]`.
        open.push("GET /metrics");
    }
    if mode.has_sessions() {
        open.extend(["GET /", "GET /static/<name>"]);
        open.extend(["GET /login", "POST /login", "GET /logout", "POST /logout"]);
        open.extend(["GET /login/second?<next>", "POST /login/second"]);
        open.extend(["POST /login/passkey/options", "POST /login/passkey"]);
        open.extend(["POST /login/second/passkey/options", "POST /login/second/passkey"]);
        open.extend(["GET /setup?<token>", "POST /setup"]);
        open.extend(["GET /password/new?<token>", "POST /password/new"]);
        open.push("GET /.well-known/change-password");
        // Without a session these find out by themselves what the form was about: a change that
        // was sent twice, or the page to return to.
        open.extend(["POST /account/password", "POST /reauthenticate"]);
        open.push("POST /reauthenticate/passkey");
        if registration {
            open.extend(["GET /register?<next>", "POST /register"]);
            if settings.mail.is_some() {
                open.extend(["GET /register/confirm?<token>", "POST /register/confirm"]);
            }
        }
        if settings.mail.is_some() {
            open.extend(["GET /password/forgot", "POST /password/forgot"]);
            open.extend(["GET /address/confirm?<token>", "POST /address/confirm"]);
            open.extend(["GET /address/return?<token>", "POST /address/return"]);
        }
        if settings.has_sign_in_links() {
            open.extend(["GET /login/link", "POST /login/link"]);
            open.extend(["GET /login/link/enter?<token>", "POST /login/link/enter"]);
        }
    }
    if mode.has_tokens() {
        open.extend(["GET /.well-known/jwks.json", "POST /api/login"]);
        open.push("POST /api/login/second");
        open.extend(["GET /api/openapi.json", "GET /api/docs", "GET /api/docs.css"]);
        if registration {
            open.push("POST /api/register");
        }
        if mode.has_sessions() {
            open.push("POST /api/password/reset");
            if settings.mail.is_some() {
                open.push("POST /api/password/forgot");
            }
        }
    }
    open
}

/// Reads the languages, and warns about texts of the operator that nothing uses.
fn languages(settings: &Settings) -> Result<Languages, String> {
    let directory = settings.accounts.languages_dir();
    let (languages, warnings) = Languages::load(directory.as_deref())?;
    for warning in warnings {
        log::warn!("accounts.languages_dir: {warning}");
    }
    Ok(languages)
}

/// Migrates the database, compares the secrets with those of other processes, and inserts the sample
/// users into an empty database if the settings ask for them; else refuses sample users that still
/// have their published passwords.
fn prepare(settings: &Settings, hasher: &Hasher, clock: &Clock) -> Result<(), String> {
    let address = &settings.database.address;
    if db::is_pooled_per_transaction(address, START_TIMEOUT).map_err(|error| error.to_string())? {
        return Err(format!("is a pooler that {}", db::POOLED_PER_TRANSACTION));
    }
    let mut connection =
        db::connect(address, START_TIMEOUT, true).map_err(|error| error.to_string())?;
    db::migrate(&mut connection).map_err(|error| error.to_string())?;
    let now = clock.now().map_err(|error| error.to_string())?;
    let own = &settings.fingerprints;
    let compared = fingerprints::delete_previous(&mut connection, own)
        .and_then(|()| fingerprints::record_and_compare(&mut connection, own, now));
    if let Err(cause) = compared {
        fingerprints::warn_not_compared(&cause);
    }
    let done = reseal_secrets(&mut connection, &settings.sealing_keys);
    let unreadable = done.map_err(|error| error.to_string())?.unreadable;
    if unreadable > 0 {
        log::warn!("{}", unreadable_warning(unreadable));
    }
    if settings.sample_users {
        insert_samples(&mut connection, hasher, now).map_err(|error| error.to_string())?;
    } else {
        let active = active_samples(&mut connection, hasher).map_err(|error| error.to_string())?;
        if !active.is_empty() {
            return Err(format!(
                "holds sample users with their published passwords: {}; give each another one \
                 (vestibule user set-password NAME) or disable it",
                active.join(", ")
            ));
        }
    }
    Ok(())
}
