//! The application, assembled: the list of its stages in order.

use std::time::Duration;

use rocket::figment::providers::{Env, Format, Serialized, Toml};
use rocket::figment::{Figment, Profile};
use rocket::{Build, Rocket};

use crate::accounts::audit::{Audit, AuditEvents};
use crate::accounts::{Accounts, DieselSignInStore, active_samples, insert_samples};
use crate::db::{self, Db};
use crate::http::{self, AccessLog, SecurityHeaders, TrustedProxies};
use crate::settings::Settings;
use crate::state_dir::StateDir;
use crate::web::Templates;
use crate::{api, housekeeping, web};
use vestibule::config::{ConfigError, Mode};
use vestibule::password::Hasher;
use vestibule::{Auth, Clock};

/// How long a connection may take while the service starts.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// The configuration: defaults, then what the state directory keeps, then `Rocket.toml`, then
/// the environment. `ROCKET_PROFILE` picks the profile.
#[must_use]
pub fn figment(state: &StateDir) -> Figment {
    // Whoever only looks may come before the first start.
    let generated = match state.secrets().exists() {
        true => Toml::file_exact(state.secrets()),
        false => Toml::string(""),
    };
    Figment::from(rocket::Config::default())
        .merge(Serialized::default("ident", false))
        // Rocket would say less in a release, and the log of requests is ours.
        .merge(Serialized::default("log_level", "normal"))
        // A sign-in that waits for its turn to be hashed is not cut off by a stop.
        .merge(Serialized::default("shutdown.grace", 20))
        // Rocket would believe anybody's X-Real-IP.
        .merge(Serialized::default("ip_header", false))
        .merge(Serialized::default("databases.main.url", state.database_url()))
        .merge(generated.profile(Profile::Default))
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE"]).global())
        .select(Profile::from_env_or("ROCKET_PROFILE", rocket::Config::DEFAULT_PROFILE))
}

/// The application with the system's clock.
///
/// # Errors
/// One [`ConfigError`] per problem of the configuration or of the database at start.
pub fn rocket(figment: Figment) -> Result<Rocket<Build>, Vec<ConfigError>> {
    build(figment, &Clock::system())
}

/// The application with a clock of one's own, for tests.
///
/// # Errors
/// As [`rocket()`].
pub fn build(figment: Figment, clock: &Clock) -> Result<Rocket<Build>, Vec<ConfigError>> {
    build_open(figment, clock, &[])
}

/// The application for whoever mounts more routes on it, of which nobody needs a login for
/// the `open` ones; see [`Auth::login_required_except`].
///
/// # Errors
/// As [`rocket()`].
pub fn build_open(
    figment: Figment,
    clock: &Clock,
    open: &[&str],
) -> Result<Rocket<Build>, Vec<ConfigError>> {
    let settings = Settings::read(&figment)?;
    let fault = |key: &str, problem: String| vec![ConfigError::new(&figment, key, problem)];
    let templates = match settings.auth.mode.has_sessions() {
        true => Templates::find(&figment).and_then(|found| found.path()).map(Some),
        false => Ok(None),
    };
    let templates = templates.map_err(|problem| fault("template_dir", problem))?;
    let hasher = Hasher::new(&settings.auth.password)
        .map_err(|error| fault("auth.password", error.to_string()))?;
    prepare(&settings, &hasher, clock).map_err(|problem| fault("databases.main.url", problem))?;
    let db = Db::new(&settings.database);
    let mode = settings.auth.mode;
    let (audit, writer) = Audit::new(clock.clone());
    let events = AuditEvents::new(audit);
    let auth = Auth::fairing()
        .store(DieselSignInStore::new(db.clone()))
        .events(events.clone())
        .clock(clock.clone())
        .login_required_except(
            &[open, &open_routes(mode, settings.accounts.registration)].concat(),
        );
    let accounts = Accounts::new(
        db.clone(),
        hasher,
        auth.cache(),
        events,
        (&settings.auth, &settings.accounts),
    );

    let proxies = settings.accounts.trusted_proxy.clone();
    // Without a proxy Rocket looks at no header, also when somebody set one in Rocket.toml.
    let figment = match proxies.is_empty() {
        true => figment.merge(("ip_header", false)),
        false => figment.merge(("ip_header", http::CLIENT_HEADER)),
    };
    let figment = match templates {
        Some(path) => figment.merge(("template_dir", path)),
        None => figment,
    };
    let mut rocket = rocket::custom(figment);
    if !proxies.is_empty() {
        rocket = rocket.attach(TrustedProxies(proxies));
    }
    rocket = rocket
        .attach(AccessLog)
        .attach(http::shield())
        .attach(SecurityHeaders)
        .attach(http::stage(mode));
    if mode.has_sessions() {
        rocket = rocket.attach(web::stage(&settings));
    }
    if mode.has_tokens() {
        rocket = rocket.attach(api::stage(&settings.auth, settings.accounts.registration));
    }
    if mode == Mode::Token {
        rocket = rocket.register("/", http::catchers());
    }
    Ok(rocket
        .attach(housekeeping::purge_regularly(settings.auth.session.idle))
        .attach(housekeeping::write_audit_log(writer))
        .attach(auth)
        .manage(accounts)
        .manage(db)
        .manage(clock.clone())
        .manage(settings))
}

/// What nobody needs a login for; every other route demands one, or the service does not
/// start.
fn open_routes(mode: Mode, registration: bool) -> Vec<&'static str> {
    let mut open = vec!["GET /health"];
    if mode.has_sessions() {
        open.extend(["GET /", "GET /static/<name>"]);
        open.extend(["GET /login?<next>", "POST /login", "POST /logout"]);
        open.extend(["GET /setup?<token>", "POST /setup"]);
        if registration {
            open.extend(["GET /register", "POST /register"]);
        }
    }
    if mode.has_tokens() {
        open.extend(["GET /.well-known/jwks.json", "POST /api/login"]);
        if registration {
            open.push("POST /api/register");
        }
    }
    open
}

/// Brings the database up to date, and puts the sample users into an empty one where they
/// belong.
fn prepare(settings: &Settings, hasher: &Hasher, clock: &Clock) -> Result<(), String> {
    let mut connection = db::connect(&settings.database.address, START_TIMEOUT, true)
        .map_err(|error| error.to_string())?;
    db::migrate(&mut connection).map_err(|error| error.to_string())?;
    if settings.sample_users {
        let now = clock.now().map_err(|error| error.to_string())?;
        insert_samples(&mut connection, hasher, now).map_err(|error| error.to_string())?;
    } else {
        let alive = active_samples(&mut connection, hasher).map_err(|error| error.to_string())?;
        if !alive.is_empty() {
            return Err(format!(
                "holds sample users with their published passwords: {}; give each another one \
                 (vestibule user set-password NAME) or disable it",
                alive.join(", ")
            ));
        }
    }
    Ok(())
}
