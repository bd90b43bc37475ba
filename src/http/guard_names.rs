//! The guards of a route as text, for `vestibule routes`.

use rocket::Route;
use rocket::figment::Figment;
use vestibule::Auth;

/// Guards that admit every client.
const OPEN_GUARDS: [&str; 3] = ["Tokens", "SignIns", "PublicKeys"];

/// The guards of users, which the service wraps in a condition.
const USERS: [&str; 3] = ["TokenUser", "SessionUser", "CurrentUser"];

/// Returns a guard with the names of `crate::accounts` for the guards of users.
fn as_named(guard: &str) -> String {
    let mut text = guard.to_owned();
    for name in USERS {
        let bare = format!("Bare{name}");
        text = text.replace(&format!("{name}<User>"), &bare);
        text = text.replace(&format!("SetUp<{bare}>"), name);
    }
    text.replace("<User>", "")
}

/// Returns the guards of each route as its handler names them, such as
/// `Maybe<SessionUser>, Session`; `anyone` if none of them refuses a client. `None` if Rocket
/// behaves unexpectedly.
#[must_use]
pub fn guard_names(routes: &[Route]) -> Option<Vec<String>> {
    let figment = Figment::from(rocket::Config::default());
    let guards = Auth::route_guards(&figment, routes.iter())?;
    let names = guards.iter().map(|guards| {
        let names = guards.iter().map(|guard| as_named(&guard.name()));
        let names: Vec<_> = names.filter(|name| !OPEN_GUARDS.contains(&name.as_str())).collect();
        if names.is_empty() { "anyone".to_owned() } else { names.join(", ") }
    });
    Some(names.collect())
}
