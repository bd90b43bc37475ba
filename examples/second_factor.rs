//! Two factors: an authenticator that shows codes of six digits, and recovery codes.
//!
//! A session starts with the password. For a user with an authenticator it opens only the page of the
//! second step, until a code was right: that is the condition `SecondStep` of the guard `SignedIn`.
//!
//! ```console
//! $ cargo run --example second_factor
//! $ curl -c jar -d name=ada -d password=lovelace http://127.0.0.1:5000/login
//! $ curl -b jar http://127.0.0.1:5000/set-up
//! $ curl -b jar -d code=123456 http://127.0.0.1:5000/set-up
//! $ curl -c jar -d name=ada -d password=lovelace http://127.0.0.1:5000/login
//! $ curl -b jar -d code=234567 http://127.0.0.1:5000/second-step
//! $ curl -b jar http://127.0.0.1:5000/
//! ```
//!
//! The codes are those that an app shows for the secret of the page.
//!
//! Users: `ada`/`lovelace` and `grace`/`hopper`.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rocket::figment::{Figment, providers::Env};
use rocket::form::{Form, FromForm};
use rocket::http::RawStr;
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{Build, Either, Orbit, Request, Rocket, State, get, launch, post, routes};
use vestibule::catchers::LoginPage;
use vestibule::config::PasswordConfig;
use vestibule::guards::{Authentication, Checked, Condition, Fresh};
use vestibule::password::Hasher;
use vestibule::second_factors::{
    Authenticator, CodeLogin, RecoveryCodes, SecondFactorStore, qr_code_svg,
};
use vestibule::sign_ins::{Amr, AuthCache, MemorySignInStore};
use vestibule::{
    Account, Auth, Clock, Error, ErrorKind, ErrorPage, LocalPath, PasswordAccount, Session,
    session_routes,
};

type SessionUser = vestibule::SessionUser<User>;
/// A user whose second step, if there is one, is done.
type SignedIn = Checked<SecondStep, SessionUser>;

#[derive(Clone)]
struct User {
    name: String,
    password_hash: String,
    has_authenticator: bool,
}

/// What a program of yours keeps in a database.
#[derive(Default)]
struct Tables {
    users: HashMap<String, User>,
    /// The authenticators with their last used step.
    authenticators: HashMap<String, (Authenticator, i64)>,
    /// Those that were shown and not confirmed yet.
    pending: HashMap<String, Authenticator>,
    /// The digests of the recovery codes.
    recovery_codes: HashSet<(String, String)>,
}

#[derive(FromForm)]
struct Code {
    code: String,
}

#[derive(Default)]
struct Store(Mutex<Tables>);

impl Store {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account for User {
    type Id = String;
    type Error = Infallible;

    fn id(&self) -> String {
        self.name.clone()
    }

    async fn find(rocket: &Rocket<Orbit>, id: &String) -> Result<Option<Self>, Infallible> {
        Ok(rocket.state::<Store>().and_then(|store| store.tables().users.get(id).cloned()))
    }
}

impl PasswordAccount for User {
    async fn find_by_name(
        rocket: &Rocket<Orbit>,
        name: &str,
    ) -> Result<Option<(Self, String)>, Infallible> {
        let user = Self::find(rocket, &name.to_owned()).await?;
        Ok(user.map(|user| (user.clone(), user.password_hash)))
    }
}

#[rocket::async_trait]
impl SecondFactorStore for Store {
    async fn authenticator(&self, account: &str) -> Result<Option<Authenticator>, Error> {
        Ok(self
            .tables()
            .authenticators
            .get(account)
            .map(|(authenticator, _)| authenticator.clone()))
    }

    async fn use_step(&self, account: &str, step: i64) -> Result<bool, Error> {
        let mut tables = self.tables();
        let Some((_, last)) = tables.authenticators.get_mut(account) else { return Ok(false) };
        let is_later = *last < step;
        *last = step.max(*last);
        Ok(is_later)
    }

    async fn use_recovery_code(&self, account: &str, digest: &str) -> Result<bool, Error> {
        Ok(self.tables().recovery_codes.remove(&(account.to_owned(), digest.to_owned())))
    }
}

/// The condition that a user with an authenticator has proven two factors.
struct SecondStep;

impl Condition<User> for SecondStep {
    fn check(found: &Authentication<User>, _: &Request<'_>) -> Result<(), Error> {
        if found.account().has_authenticator && !found.amr().is_multi_factor() {
            return Err(ErrorKind::SecondFactorRequired.into());
        }
        Ok(())
    }
}

/// A page; a program of yours would use a template.
fn page(title: &str, content: &str) -> RawHtml<String> {
    RawHtml(format!("<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n{content}\n"))
}

fn login_page(_: &str, message: Option<&str>) -> RawHtml<String> {
    let fields = r#"<input name="name" autocomplete="username" required>
<input name="password" type="password" autocomplete="current-password" required>"#;
    let message = message.unwrap_or_default();
    let form =
        format!(r#"<p>{message}</p><form method="post">{fields}<button>Sign in</button></form>"#);
    page("Sign in", &form)
}

/// A form for a code, which is sent to the page's own address.
fn code_form(message: &str) -> String {
    let field = r#"<input name="code" autocomplete="one-time-code" required>"#;
    format!(r#"<p>{message}</p><form method="post">{field}<button>Confirm</button></form>"#)
}

#[get("/")]
fn index(user: SignedIn) -> RawHtml<String> {
    page("Home", &format!("<p>Hello, {}.</p>", user.name))
}

/// Asks for a code. A user without an authenticator, whose session is not fresh, proves the password.
#[get("/second-step?<next>")]
fn second_step(user: SessionUser, next: Option<&str>) -> Either<RawHtml<String>, Redirect> {
    if user.has_authenticator {
        let message = "Enter a code of your authenticator, or a recovery code.";
        Either::Left(page("Second step", &code_form(message)))
    } else {
        let next = RawStr::new(next.unwrap_or("/")).percent_encode();
        Either::Right(Redirect::to(format!("/login?next={next}")))
    }
}

#[post("/second-step?<next>", data = "<form>")]
async fn verify(
    user: SessionUser,
    next: Option<LocalPath>,
    form: Form<Code>,
    code_login: CodeLogin<'_>,
    session: Session<'_>,
    store: &State<Store>,
) -> Result<Redirect, ErrorPage<RawHtml<String>>> {
    let again = |error: Error| error.with_page(|message| page("Second step", &code_form(message)));
    code_login.verify(store.inner(), user.account(), &form.code).await.map_err(again)?;
    session.confirm_with(Amr::OTP).await.map_err(again)?;
    Ok(next.unwrap_or_default().redirect())
}

/// Shows the secret of a new authenticator.
#[get("/set-up")]
fn set_up(user: Fresh<SignedIn>, store: &State<Store>) -> Result<RawHtml<String>, Error> {
    let authenticator = Authenticator::generate()?;
    let qr_code = qr_code_svg(&authenticator.uri("Example", &user.name)?)?;
    let secret = authenticator.secret_base32();
    store.tables().pending.insert(user.name.clone(), authenticator);
    let form = code_form("Enter the first code that your app shows.");
    Ok(page("Set up", &format!("{qr_code}<p>Secret: <code>{secret}</code></p>{form}")))
}

/// Stores the authenticator whose first code is right, and shows recovery codes once.
#[post("/set-up", data = "<form>")]
async fn confirm(
    user: Fresh<SignedIn>,
    form: Form<Code>,
    session: Session<'_>,
    store: &State<Store>,
    cache: &State<AuthCache>,
) -> Result<RawHtml<String>, Error> {
    let wrong =
        || Error::invalid_field("code", "Not the code of this secret. Open the page again.");
    let codes = RecoveryCodes::generate()?;
    {
        let mut tables = store.tables();
        let authenticator = tables.pending.get(&user.name).cloned().ok_or_else(wrong)?;
        let step =
            authenticator.matching_step(&form.code, Clock::system().now()?).ok_or_else(wrong)?;
        tables.pending.remove(&user.name);
        tables.authenticators.insert(user.name.clone(), (authenticator, step));
        tables.recovery_codes.retain(|(owner, _)| *owner != user.name);
        let digests = codes.digests().into_iter().map(|digest| (user.name.clone(), digest));
        tables.recovery_codes.extend(digests);
        if let Some(stored) = tables.users.get_mut(&user.name) {
            stored.has_authenticator = true;
        }
    }
    // Else the account that is cached without an authenticator would pass the condition for a while.
    cache.invalidate_account(&user.name);
    session.confirm_with(Amr::OTP).await?;
    let codes = codes.reveal().join("\n");
    Ok(page("Recovery codes", &format!("<p>Each works once.</p><pre>{codes}</pre>")))
}

#[launch]
fn rocket() -> Rocket<Build> {
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("port", 5000))
        .merge(("auth.mode", "session"))
        .merge(Env::prefixed("ROCKET_").global());
    let hasher = Hasher::new(&PasswordConfig::default()).expect("randomness for a salt");
    let store = Store::default();
    for (name, password) in [("ada", "lovelace"), ("grace", "hopper")] {
        let password_hash = hasher.hash_blocking(&password.into()).expect("randomness for a salt");
        let user = User { name: name.to_owned(), password_hash, has_authenticator: false };
        store.tables().users.insert(name.to_owned(), user);
    }
    rocket::custom(figment)
        .attach(Auth::fairing().store(MemorySignInStore::new()))
        .manage(store)
        .mount("/", session_routes!(User, login_page))
        .mount("/", routes![index, second_step, verify, set_up, confirm])
        .register("/", LoginPage::at("/login").confirm_at("/second-step"))
}
