//! Login required everywhere except on listed routes: an application that forgot a guard does
//! not launch.

use std::sync::Arc;

use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::{Build, Ignite, Rocket, Route};

use crate::fairing::Auth;
use crate::fairing::response::MAX_REATTACH;
use crate::fairing::route_guards::{FoundGuard, survey};
use crate::guards::sentinel::{self, Proof};

impl Auth {
    /// Requires a login on every route but the `open` ones: the launch is refused while another
    /// route demands none of our guards. Each is one log line, and so is an entry that opens
    /// nothing, so that the list cannot rot. Default: a route without a guard is open.
    ///
    /// An entry is `"METHOD /uri"`, or `"/uri"` for every method: the route's URI as Rocket
    /// prints it at launch, with the base that it is mounted under. Files of a `FileServer`
    /// need one, as every route that is not a handler does.
    ///
    /// [`TokenUser`](crate::TokenUser), [`AnyTokenUser`](crate::AnyTokenUser),
    /// [`SessionUser`](crate::SessionUser), [`CurrentUser`](crate::CurrentUser),
    /// [`AccessToken`](crate::AccessToken), [`RefreshToken`](crate::RefreshToken),
    /// [`TokenBody`](crate::TokenBody) and [`RefreshBody`](crate::RefreshBody) demand a login,
    /// alone or inside [`Fresh`](crate::Fresh),
    /// [`Require`](crate::Require), [`ClaimedRole`](crate::ClaimedRole),
    /// [`Scoped`](crate::Scoped) and [`Only`](crate::FromLocations). What also lets in somebody unknown
    /// does not: [`Maybe`](crate::Maybe), `Option`, `Result`, and the guards that prove nothing
    /// about who is asking.
    ///
    /// Two things Rocket does not tell, and in both a guard is counted that does not bind: the
    /// guard inside an `Option` or a `Result` that also has a type macro among its parameters
    /// (`Result<CurrentUser<User>, error!()>`; name the type with an alias), and a guard of ours
    /// that the [`Sentinel`](rocket::Sentinel) of the handler's return type asks. A responder
    /// asks [`Auth::is_attached`], which proves nothing. What is in doubt otherwise counts as no
    /// guard, also a sentinel that panics because the look at the routes has no managed state.
    ///
    /// ```
    /// use vestibule::Auth;
    ///
    /// let auth = Auth::fairing().login_required_except(&[
    ///     "GET /login",
    ///     "POST /login",
    ///     "/static/<path..>",
    /// ]);
    /// ```
    ///
    /// A guard of your own demands a login when it is a [`Sentinel`](rocket::Sentinel) that
    /// asks ours, before any other sentinel, which may abort first. Let it ask none whose
    /// refusal it ignores.
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
    ///         // ... and whatever makes an author of a user.
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
    pub fn login_required_except(mut self, open: &[&str]) -> Self {
        let open = open.iter().map(|&entry| entry.to_owned()).collect();
        self.login_required = Some(LoginRequired { open, hop: 0 });
        self
    }

    /// Whether the fairing is attached, for the [`Sentinel`](rocket::Sentinel) of a responder or
    /// of a tool of yours that needs it. Unlike the sentinel of a guard it says nothing about
    /// who is asking, so [`login_required_except`](Self::login_required_except) counts no login.
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
        sentinel::is_attached(rocket)
    }
}

/// Looks at all routes when the last of them has been mounted; for that it moves back behind
/// fairings that other fairings attached, as the last word does.
#[derive(Clone)]
pub(crate) struct LoginRequired {
    open: Arc<[String]>,
    hop: u8,
}

impl LoginRequired {
    /// One line for each route without a guard that is not listed, and for each entry that
    /// opens nothing.
    fn faults(&self, rocket: &Rocket<Build>) -> Vec<String> {
        let Some(demands) = survey(rocket.figment(), rocket.routes()) else {
            return vec!["the routes could not be looked over".to_owned()];
        };
        let routes: Vec<(&Route, Vec<FoundGuard>)> = rocket.routes().zip(demands).collect();
        let unlisted = routes.iter().filter_map(|(route, demands)| {
            let listed = self.open.iter().any(|entry| names(entry, route));
            (!demand_login(demands) && !listed).then(|| fault(route, demands))
        });
        let idle = self.open.iter().filter_map(|entry| {
            let mut named = routes.iter().filter(|(route, _)| names(entry, route)).peekable();
            let there_is_one = named.peek().is_some();
            named.all(|(_, demands)| demand_login(demands)).then(|| match there_is_one {
                true => format!("{entry:?} is listed as open and demands a login"),
                false => format!("{entry:?} is listed as open and is no route"),
            })
        });
        unlisted.chain(idle).collect()
    }
}

fn demand_login(demands: &[FoundGuard]) -> bool {
    demands.iter().any(|demand| demand.proof == Proof::Login)
}

fn fault(route: &Route, demands: &[FoundGuard]) -> String {
    let name = route.name.as_deref().unwrap_or("no name");
    let fault = format!("{} {} ({name}) demands no login", route.method, route.uri);
    match demands.iter().map(FoundGuard::name).collect::<Vec<_>>() {
        lenient if lenient.is_empty() => fault,
        lenient => format!("{fault}, only {}", lenient.join(", ")),
    }
}

/// Whether an entry of the list names this route.
fn names(entry: &str, route: &Route) -> bool {
    let uri = route.uri.to_string();
    entry == uri || entry.strip_prefix(route.method.as_str()) == Some(&format!(" {uri}"))
}

#[rocket::async_trait]
impl Fairing for LoginRequired {
    fn info(&self) -> Info {
        Info { name: "Login required", kind: Kind::Ignite }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        if self.hop < MAX_REATTACH {
            return Ok(rocket.attach(Self { hop: self.hop + 1, ..self.clone() }));
        }
        let faults = self.faults(&rocket);
        for fault in &faults {
            log::error!("login required: {fault}");
        }
        if faults.is_empty() { Ok(rocket) } else { Err(rocket) }
    }
}

#[cfg(test)]
mod tests {
    use rocket::{get, post, routes};

    use super::*;
    use crate::{AccessToken, Maybe};

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

    fn faults(open: &[&str]) -> Vec<String> {
        let auth = Auth::fairing().login_required_except(open);
        let rocket = rocket::custom(rocket::Config::debug_default())
            .mount("/base", routes![me, home, search]);
        auth.login_required.expect("it was asked for").faults(&rocket)
    }

    #[test]
    fn every_route_without_a_login_is_named_with_its_handler() {
        assert_eq!(
            faults(&[]),
            [
                "GET /base/home?<from> (home) demands no login, only Maybe<AccessToken>",
                "POST /base/search (search) demands no login",
            ]
        );
        assert_eq!(
            faults(&["GET /base/home?<from>"]),
            ["POST /base/search (search) demands no login"]
        );
    }

    #[test]
    fn every_entry_that_opens_nothing_is_named_with_the_reason() {
        let open = ["/base/home?<from>", "/base/search", "/base/saerch", "GET /base/me"];
        assert_eq!(
            faults(&open),
            [
                "\"/base/saerch\" is listed as open and is no route",
                "\"GET /base/me\" is listed as open and demands a login",
            ]
        );
    }
}
