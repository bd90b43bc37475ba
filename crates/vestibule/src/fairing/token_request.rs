//! What an application's own guards, their sentinels and its catchers ask: of the session policy, and of
//! the routes.

use rocket::http::Method;
use rocket::{Ignite, Request, Rocket};

use super::auth::Auth;
use super::methods;
use crate::credentials;
use crate::credentials::mark_depends_on_user;
use crate::guards::sentinel::{self, Proof};
use crate::state::AuthState;

impl Auth {
    /// Whether the request presents a token, good or bad: its response carries no cookie and is no
    /// redirect to a form. Never in mode `session`, unless a guard of your own
    /// [says so](Self::mark_token_request). Calling this makes the response `no-store`, with
    /// `Vary` on the token's header and `Cookie`: what you return depends on the result.
    #[must_use]
    pub fn is_token_request(request: &Request<'_>) -> bool {
        mark_depends_on_user(request);
        AuthState::of(request)
            .is_ok_and(|state| credentials::is_token_request(request, &state.config))
    }

    /// Makes this a token request, for a guard of a credential of your own
    /// ([`Authentication::external`](crate::guards::Authentication::external)): the response
    /// carries no cookie and is `no-store`, no session is looked up, and a 401 does not say
    /// `invalid_token`.
    pub fn mark_token_request(request: &Request<'_>) {
        if AuthState::of(request).is_ok() {
            mark_depends_on_user(request);
            credentials::mark_token_request(request);
        }
    }

    /// The sentinel of a guard of your own that proves no login: [`route_guards`](Self::route_guards)
    /// names it, and under [`login_required_except`](Self::login_required_except) it counts as no guard.
    #[must_use]
    pub fn sentinel_without_login(rocket: &Rocket<Ignite>, guard: &'static str) -> bool {
        sentinel::abort(rocket, guard, Proof::Nothing)
    }

    /// The methods of the routes at a path, in alphabetical order, for a 405: Rocket responds with
    /// 404 where only the method is wrong. `HEAD` is among them if `GET` is.
    ///
    /// ```
    /// # #[macro_use] extern crate rocket;
    /// use rocket::Request;
    /// use rocket::http::Status;
    /// use vestibule::Auth;
    ///
    /// #[catch(404)]
    /// fn not_found(request: &Request<'_>) -> Status {
    ///     let methods = Auth::methods_at(request, request.uri().path().as_str());
    ///     if methods.is_empty() { Status::NotFound } else { Status::MethodNotAllowed }
    /// }
    /// ```
    #[must_use]
    pub fn methods_at(request: &Request<'_>, path: &str) -> Vec<Method> {
        methods::methods_at(request, path)
    }
}
