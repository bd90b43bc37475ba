//! Requires a login on every route that is not listed as open.

use std::sync::Arc;

use rocket::figment::Figment;
use rocket::{Build, Ignite, Rocket, Route};

use super::auth::Auth;
use crate::fairing::route_guards::{FoundGuard, route_guards};
use crate::guards::sentinel::{self, Proof};
use crate::state::AuthState;

impl Auth {
    /// Requires a login on every route but the `open` ones: the launch is aborted, with one log line
    /// for each, if another route has no guard that requires a login or an entry opens nothing.
    /// Default: a route without a guard is open.
    ///
    /// An entry is `"METHOD /uri"`, or `"/uri"` for every method: the route's URI as Rocket prints
    /// it at launch, with the base that it is mounted under, and with or without its query. A
    /// `FileServer` needs one, as every route without a handler function does.
    ///
    /// The guards that hold a user, [`AccessToken`], [`RefreshToken`] and [`TokenBody`] require a
    /// login, alone or inside a [`Checked`] condition. What also accepts a request without a credential
    /// does not: [`Maybe`], `Option`, `Result`, and the guards that authenticate no user.
    ///
    /// In two cases, which Rocket does not report, a guard counts that does not bind: inside an
    /// `Option` or a `Result` that also has a type macro among its parameters
    /// (`Result<CurrentUser<User>, error!()>`; name the type with an alias), and called by the
    /// [`Sentinel`](rocket::Sentinel) of the handler's return type; let a responder call
    /// [`Auth::is_attached`] instead. All else in doubt counts as no guard, also a sentinel that
    /// panics because the Rocket that inspects the routes has no managed state.
    ///
    /// ```
    /// use vestibule::Auth;
    ///
    /// let auth = Auth::fairing().stateless().login_required_except(&[
    ///     "GET /login",
    ///     "POST /login",
    ///     "/static/<path..>",
    /// ]);
    /// ```
    ///
    /// A guard of your own requires a login if its [`Sentinel`](rocket::Sentinel) calls ours, before
    /// any other, which may abort first. It must call none whose refusal it ignores.
    ///
    /// ```
    /// # use rocket::request::{FromRequest, Outcome};
    /// # use rocket::{Ignite, Request, Rocket, Sentinel};
    /// # use vestibule::{Account, Error};
    /// struct Author<U>(vestibule::CurrentUser<U>);
    ///
    /// #[rocket::async_trait]
    /// impl<'r, U: Account> FromRequest<'r> for Author<U> {
    ///     type Error = Error;
    ///
    ///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Error> {
    ///         // ... and check that the user is an author.
    ///         vestibule::CurrentUser::from_request(request).await.map(Self)
    ///     }
    /// }
    ///
    /// impl<U: Account> Sentinel for Author<U> {
    ///     fn abort(rocket: &Rocket<Ignite>) -> bool {
    ///         vestibule::CurrentUser::<U>::abort(rocket)
    ///     }
    /// }
    /// ```
    ///
    /// [`AccessToken`]: crate::guards::AccessToken
    /// [`RefreshToken`]: crate::guards::RefreshToken
    /// [`TokenBody`]: crate::guards::TokenBody
    /// [`Checked`]: crate::guards::Checked
    /// [`Maybe`]: crate::guards::Maybe
    pub fn login_required_except(mut self, open: &[&str]) -> Self {
        let open = open.iter().map(|&entry| entry.to_owned()).collect();
        self.login_required = Some(LoginRequired(open));
        self
    }

    /// Returns the guards of this library in the handler of each route, in the order of the routes
    /// and of their arguments; `None` if Rocket's answers cannot be understood.
    #[must_use]
    pub fn route_guards<'r>(
        figment: &Figment,
        routes: impl Iterator<Item = &'r Route>,
    ) -> Option<Vec<Vec<FoundGuard>>> {
        route_guards(figment, routes)
    }

    /// Whether the fairing is attached, for the [`Sentinel`](rocket::Sentinel) of a responder or a
    /// guard of yours that needs it. Unlike the sentinel of one of our guards it does not count as
    /// a login for [`login_required_except`](Self::login_required_except).
    ///
    /// ```
    /// use rocket::{Ignite, Rocket, Sentinel};
    /// use vestibule::Auth;
    ///
    /// struct Page(String);
    ///
    /// impl Sentinel for Page {
    ///     fn abort(rocket: &Rocket<Ignite>) -> bool {
    ///         !Auth::is_attached(rocket)
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn is_attached(rocket: &Rocket<Ignite>) -> bool {
        // In an inspection too, so that no later guard is hidden.
        sentinel::is_inspection(rocket) || rocket.state::<AuthState>().is_some()
    }
}

/// Checks all routes once the last is mounted, by the entries that are open.
#[derive(Clone)]
pub(crate) struct LoginRequired(Arc<[String]>);

impl LoginRequired {
    /// Logs what is wrong; returns whether the application may launch.
    pub(super) fn check(&self, rocket: &Rocket<Build>) -> bool {
        let errors = self.errors(rocket);
        for error in &errors {
            log::error!("login required: {error}");
        }
        errors.is_empty()
    }

    /// Returns a line for each unlisted route without a guard and each entry that opens nothing.
    fn errors(&self, rocket: &Rocket<Build>) -> Vec<String> {
        let Some(guards) = route_guards(rocket.figment(), rocket.routes()) else {
            return vec!["the routes could not be inspected".to_owned()];
        };
        let routes: Vec<(&Route, Vec<FoundGuard>)> = rocket.routes().zip(guards).collect();
        let unlisted = routes.iter().filter_map(|(route, guards)| {
            let listed = self.0.iter().any(|entry| matches(entry, route));
            (!require_login(guards) && !listed).then(|| without_login(route, guards))
        });
        let useless = self.0.iter().filter_map(|entry| {
            let mut matching = routes.iter().filter(|(route, _)| matches(entry, route)).peekable();
            if matching.peek().is_none() {
                let similar = similar_route(entry, rocket);
                let hint = similar.map(|route| format!("; did you mean {route:?}?"));
                let hint = hint.unwrap_or_default();
                return Some(format!("{entry:?} is listed as open and is no route{hint}"));
            }
            matching
                .all(|(_, guards)| require_login(guards))
                .then(|| format!("{entry:?} is listed as open and demands a login"))
        });
        unlisted.chain(useless).collect()
    }
}

fn require_login(guards: &[FoundGuard]) -> bool {
    guards.iter().any(|guard| guard.proof == Proof::Login)
}

/// The error of a route that requires no login.
fn without_login(route: &Route, guards: &[FoundGuard]) -> String {
    let name = route.name.as_deref().unwrap_or("no name");
    let error = format!("{} {} ({name}) demands no login", route.method, route.uri);
    if guards.is_empty() {
        return error;
    }
    let names: Vec<_> = guards.iter().map(FoundGuard::name).collect();
    format!("{error}, only {}", names.join(", "))
}

/// Whether an entry of the list is for this route.
fn matches(entry: &str, route: &Route) -> bool {
    let uri = route.uri.to_string();
    let of_method = entry.strip_prefix(route.method.as_str());
    let listed = of_method.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(entry);
    listed == uri || Some(listed) == uri.split('?').next()
}

/// The route that an entry which is none probably means.
fn similar_route(entry: &str, rocket: &Rocket<Build>) -> Option<String> {
    let has_method = !entry.starts_with('/');
    let named = rocket.routes().map(|route| {
        let uri = &route.uri;
        if has_method { format!("{} {uri}", route.method) } else { uri.to_string() }
    });
    let rated = named.map(|route| (strsim::damerau_levenshtein(entry, &route), route));
    let (distance, route) = rated.min()?;
    (distance * 3 <= entry.chars().count()).then_some(route)
}

#[cfg(test)]
mod tests {
    use rocket::{get, post, routes};

    use super::*;
    use crate::guards::{AccessToken, Maybe};

    #[get("/me")]
    fn me(token: AccessToken) {
        let _ = token;
    }

    #[get("/home?<from>")]
    fn home(token: Maybe<AccessToken>, from: Option<&str>) {
        let _ = (token, from);
    }

    #[post("/search")]
    fn search() {}

    fn errors(open: &[&str]) -> Vec<String> {
        let auth = Auth::fairing().login_required_except(open);
        let rocket = rocket::custom(rocket::Config::debug_default())
            .mount("/base", routes![me, home, search]);
        auth.login_required.expect("it was set").errors(&rocket)
    }

    #[test]
    fn every_route_without_a_login_is_named_with_its_handler() {
        assert_eq!(
            errors(&[]),
            [
                "GET /base/home?<from> (home) demands no login, only Maybe<AccessToken>",
                "POST /base/search (search) demands no login",
            ]
        );
        assert_eq!(
            errors(&["GET /base/home?<from>"]),
            ["POST /base/search (search) demands no login"]
        );
        assert!(errors(&["GET /base/home", "POST /base/search"]).is_empty(), "without the query");
    }

    #[test]
    fn every_entry_that_opens_nothing_is_named_with_the_reason() {
        let open = [
            "/base/home",
            "/base/search",
            "/base/saerch",
            "GET /base/search",
            "/somewhere/else",
            "GET /base/me",
        ];
        assert_eq!(
            errors(&open),
            [
                "\"/base/saerch\" is listed as open and is no route; did you mean \"/base/search\"?",
                "\"GET /base/search\" is listed as open and is no route; did you mean \"POST \
                 /base/search\"?",
                "\"/somewhere/else\" is listed as open and is no route",
                "\"GET /base/me\" is listed as open and demands a login",
            ]
        );
    }
}
