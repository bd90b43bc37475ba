//! Every route that there is, with the guards that it demands, and a request for each that
//! would be answered well if the guards let it in.

use std::collections::BTreeSet;

use rocket::Route;
use rocket::http::{ContentType, Method};
use rocket::local::blocking::Client;
use serde_json::json;
use vestibule::ErrorKind;
use vestibule::config::{Config, Mode};
use vestibule_service::{api, http, metrics, web};

use super::fixture::{ADDRESS, CHANGED, Ids, LINK, NEWCOMER};
use super::guard::{Guard, parse};
use super::model::{Person, Ruling, Situation};
use crate::support::actor::encoded;
use crate::support::app::password;

/// Which half a route belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Pages,
    Api,
    Neither,
}

/// A method on a path, and what it demands.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) method: Method,
    /// The path as it was mounted, with its parameters.
    pub(crate) template: String,
    pub(crate) half: Half,
    /// The modes in which it is mounted.
    pub(crate) modes: Vec<Mode>,
    /// The guards as text.
    pub(crate) demands: &'static str,
    pub(crate) guards: Vec<Guard>,
    /// False for a method that the path does not take.
    pub(crate) is_route: bool,
}

/// What a link in a mail adds to the path: its page is tried with it and without.
pub(crate) const LINK_QUERY: &str = "?token=nothing";

/// A body with its type.
pub(crate) type Body = Option<(ContentType, String)>;

impl Target {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    pub(crate) fn is_mounted(&self, mode: Mode) -> bool {
        self.modes.contains(&mode)
    }

    /// Whether its errors are drawn as pages, for people.
    pub(crate) fn is_on_page(&self, mode: Mode) -> bool {
        // With tokens, errors beside the public keys are JSON.
        let is_json = mode.has_tokens() && self.template.starts_with("/.well-known/");
        mode.has_sessions() && !is_json && (self.half == Half::Pages || !self.is_mounted(mode))
    }

    /// As the origin check sees it.
    pub(crate) fn is_unsafe(&self) -> bool {
        !matches!(self.method, Method::Get | Method::Head | Method::Options)
    }

    /// The path with something that exists for each parameter.
    pub(crate) fn path(&self, ids: &Ids) -> String {
        let mut segments: Vec<&str> = self.template.split('/').collect();
        for at in 1..segments.len() {
            if segments[at].starts_with('<') {
                segments[at] = match (segments[at - 1], self.half) {
                    ("static", _) => "style.css",
                    ("keys", Half::Api) => &ids.key_of_token_owner,
                    ("keys", _) => &ids.key_of_cookie_owner,
                    ("sign-ins", Half::Api) => &ids.sign_in_of_token_owner,
                    ("sign-ins", _) => &ids.sign_in_of_cookie_owner,
                    // The sample administrator, who is neither of the two people.
                    _ => "1",
                };
            }
        }
        segments.join("/")
    }

    /// A body that would be taken, or at least read.
    pub(crate) fn body(&self) -> Body {
        match self.half {
            _ if !self.is_unsafe() => None,
            _ if self.name() == "DELETE /api/me" => Some((ContentType::JSON, self.json())),
            _ if self.method == Method::Delete => None,
            _ if self.template == "/api/introspect" => {
                Some((ContentType::Form, "token=unknown".to_owned()))
            }
            Half::Pages => Some((ContentType::Form, self.form())),
            Half::Api | Half::Neither => Some((ContentType::JSON, self.json())),
        }
    }

    /// Every field that any form has: what a form does not know it does not look at, but for
    /// those of administrators, which refuse it.
    fn form(&self) -> String {
        match self.template.as_str() {
            "/admin/users/<id>/role" => return "role=user".to_owned(),
            "/admin/users/<id>/active" => return "active=true".to_owned(),
            "/admin/users/<id>/delete" => return "confirm=on".to_owned(),
            "/admin/users/new" => return format!("username={NEWCOMER}&role=user"),
            "/password/new" => return "token=nothing&password=battery+staple".to_owned(),
            "/login/link/enter" => return format!("token={LINK}"),
            "/account/keys" => return "label=a+label&expires_in=604800".to_owned(),
            "/account/second-factor/passkeys/options" => return "name=Key".to_owned(),
            "/account/language" => return "language=en".to_owned(),
            _ => {}
        }
        let owner = Person::CookieOwner.username();
        let (username, secret) = match self.template.as_str() {
            "/register" => (NEWCOMER, password(NEWCOMER)),
            _ => (owner, password(owner)),
        };
        let current = password(owner);
        // A registration with an address signs in later.
        let email = if self.template == "/register" { "" } else { ADDRESS };
        let fields = [
            ("username", username),
            ("full_name", ""),
            ("password", secret),
            ("current_password", current),
            ("new_password", CHANGED),
            ("label", "a label"),
            ("role", "user"),
            ("active", "true"),
            ("email", email),
        ];
        let pairs = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
        pairs.join("&")
    }

    fn json(&self) -> String {
        let owner = Person::TokenOwner.username();
        let body = match self.template.as_str() {
            "/api/login" => json!({ "username": owner, "password": password(owner) }),
            "/api/register" => json!({ "username": NEWCOMER, "password": password(NEWCOMER) }),
            "/api/password" => {
                json!({ "current_password": password(owner), "new_password": CHANGED })
            }
            "/api/confirm" => json!({ "password": password(owner) }),
            "/api/password/forgot" | "/api/me/email" => json!({ "email": ADDRESS }),
            "/api/keys" => json!({ "label": "a label", "scopes": [] }),
            "/api/users" => json!({ "username": NEWCOMER, "password": password(NEWCOMER) }),
            "/api/me" if self.method == Method::Delete => json!({ "username": owner }),
            "/api/me" => json!({ "full_name": "Changed" }),
            "/api/users/<id>" => json!({ "full_name": "Changed" }),
            _ => json!({}),
        };
        body.to_string()
    }

    /// The status for a request that is let in; `None` where only the guards are of
    /// interest, and every status of the handler is right.
    pub(crate) fn welcome(&self, who: Option<Person>) -> Option<u16> {
        Some(match (self.method, self.template.as_str()) {
            // There is an administrator and so no link, and none that sets a password, confirms an
            // address or puts one back.
            (_, "/setup" | "/password/new" | "/address/confirm" | "/address/return") => 404,
            (_, "/register/confirm") => 404,
            (Method::Get, "/.well-known/change-password") => 303,
            // There is no first step.
            (_, "/login/second") => 303,
            // No user of the model has a second factor.
            (Method::Get, "/account/second-factor/remove") => 303,
            (Method::Post, "/account/second-factor/remove") => 303,
            (Method::Post, "/account/second-factor/recovery-codes") => 303,
            (Method::Post, "/account/second-factor/passkeys/<id>/remove") => 303,
            (Method::Post, "/api/me/second-factor/recovery-codes") => 404,
            (Method::Delete, "/api/me/second-factor") => 204,
            (Method::Delete, "/api/me/second-factor/passkeys/<id>") => 404,
            // The first code is not right.
            (Method::Post, "/account/second-factor/set-up") => 422,
            (Method::Post, "/account/second-factor/trusted/<id>/end") => 303,
            (Method::Post, "/account/second-factor/passkeys/options") => 200,
            (Method::Post, "/account/second-factor/passkeys") => 422,
            (Method::Post, "/login/passkey/options") => 200,
            // Who is signed in already is led on; no passkey answers here.
            (Method::Post, "/login/passkey") if who.is_some() => 303,
            (Method::Post, "/login/passkey") => 401,
            (_, "/login/second/passkey") => 303,
            // There is no passkey to confirm with.
            (Method::Post, "/reauthenticate/passkey/options") => 404,
            (Method::Post, "/reauthenticate/passkey") => 422,
            (Method::Post, "/admin/users/<id>/reset-second-factor") => 303,
            (Method::Post, "/api/me/second-factor") => 200,
            (Method::Post, "/api/login/second" | "/api/me/second-factor/confirm") => 422,
            (Method::Delete, "/api/users/<id>/second-factor") => 204,
            // A user who is signed in already is redirected.
            (Method::Get, "/login" | "/login/link" | "/register") if who.is_some() => 303,
            // There is nothing to sign out of.
            (Method::Get, "/logout") if who.is_none() => 303,
            (Method::Get, link) if link.ends_with(LINK_QUERY) => 303,
            (Method::Get, _) => 200,
            (Method::Post, "/admin/users/new" | "/admin/users/<id>/reset-link") => 200,
            // It was ended before, as far as the page knows: it is another user's.
            (Method::Post, "/admin/users/<id>/sign-ins/<sign_in>/end") => 303,
            (Method::Delete, "/api/users/<id>/sign-ins/<sign_in>") => 404,
            // A program that signs out wants no page.
            (Method::Post, "/logout") if who == Some(Person::TokenOwner) => 204,
            (Method::Post, "/login" | "/login/link" | "/login/link/enter") => 303,
            (Method::Post, "/register" | "/logout") => 303,
            (Method::Post, "/api/login" | "/api/refresh" | "/api/confirm" | "/api/introspect") => {
                200
            }
            (
                Method::Post,
                "/reauthenticate" | "/account/password" | "/account/name" | "/account/language"
                | "/account/delete",
            ) => 303,
            (Method::Post, "/account/sign-ins/<id>/end" | "/account/sign-ins/end-others") => 303,
            (Method::Post, "/account/keys" | "/account/keys/<id>/end" | "/account/address") => 303,
            (Method::Post, "/api/password/forgot" | "/api/me/email") => 202,
            (
                Method::Post,
                "/admin/users/<id>/role"
                | "/admin/users/<id>/active"
                | "/admin/users/<id>/end-sign-ins"
                | "/admin/users/<id>/remove-address"
                | "/admin/users/<id>/delete",
            ) => 303,
            (Method::Post, "/api/logout" | "/api/password") => 204,
            (Method::Delete, "/api/sign-ins/<id>" | "/api/keys/<id>") => 204,
            (
                Method::Post,
                "/api/register" | "/api/keys" | "/api/users" | "/api/users/<id>/reset-link",
            ) => 201,
            (Method::Patch, "/api/users/<id>" | "/api/me") => 200,
            (Method::Delete, "/api/me" | "/api/users/<id>" | "/api/users/<id>/sign-ins") => 204,
            _ => return None,
        })
    }

    /// The ruling of guards and handler: the handlers of three forms refuse a request without a user
    /// themselves, because they look at the form first. Here nothing in the form helps. That which
    /// signs out refuses one from another site.
    pub(crate) fn with_handler(&self, situation: &Situation) -> Ruling {
        match (situation.rule(&self.guards), self.method, self.template.as_str()) {
            (
                Ok(None),
                Method::Post,
                "/account/password" | "/reauthenticate" | "/reauthenticate/passkey",
            ) => Err(ErrorKind::CredentialsMissing),
            // There is no first step.
            (Ok(_), Method::Post, "/login/second/passkey/options") => {
                Err(ErrorKind::CredentialsMissing)
            }
            (Ok(None), Method::Post, "/logout") if situation.is_cross_origin() => {
                Err(ErrorKind::CrossOrigin)
            }
            (by_guards, ..) => by_guards,
        }
    }

    /// How many sessions of browsers a request starts that is let in; `None` where nothing
    /// is known of the route.
    pub(crate) fn begins(&self) -> Option<i64> {
        match (self.method, self.template.as_str()) {
            (Method::Post, "/login" | "/login/link/enter" | "/register") => Some(1),
            (Method::Post, "/logout" | "/api/logout") => Some(0),
            _ => (!self.is_unsafe()).then_some(0),
        }
    }

    /// Whether it ends the session of a request that is let in.
    pub(crate) fn ends_session(&self) -> bool {
        let ends = ["/login", "/login/link/enter", "/register", "/logout", "/api/logout"];
        self.method == Method::Post && ends.contains(&self.template.as_str())
    }
}

/// Every route of every mode; and for each path a method that it does not take.
pub(crate) fn all_targets() -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for mode in [Mode::Session, Mode::Token, Mode::Both] {
        for target in of_mode(mode) {
            match targets.iter_mut().find(|known| known.name() == target.name()) {
                Some(known) => known.modes.push(mode),
                None => targets.push(target),
            }
        }
    }
    targets.sort_by_key(Target::name);
    let wrong = wrong_methods(&targets);
    targets.extend(wrong);
    targets
}

fn of_mode(mode: Mode) -> Vec<Target> {
    let mut auth = Config::default();
    auth.mode = mode;
    let mut halves = vec![(Half::Neither, http::routes(mode)), (Half::Neither, metrics::routes())];
    if mode.has_sessions() {
        halves.push((Half::Pages, web::routes(&auth, true, true)));
        halves.push((Half::Pages, web::sign_in_link_routes()));
    }
    if mode.has_tokens() {
        halves.push((Half::Api, api::routes(&auth, true, true)));
    }
    let mut targets = Vec::new();
    for (half, routes) in halves {
        targets.extend(of_half(mode, half, &routes));
    }
    targets
}

fn of_half(mode: Mode, half: Half, routes: &[Route]) -> Vec<Target> {
    let base = if half == Half::Api { api::BASE } else { "" };
    let names = http::guard_names(routes).expect("an inspection");
    let targets = routes.iter().zip(names).flat_map(|(route, demands)| {
        let template = format!("{base}{}", route.uri.path());
        let demands: &str = demands.leak();
        let guards = parse(demands)
            .unwrap_or_else(|complaint| panic!("{} {template}: {complaint}", route.method));
        let (method, modes) = (route.method, vec![mode]);
        let opens_link = route.uri.query().is_some_and(|query| query == "<token>");
        let link = opens_link.then(|| format!("{template}{LINK_QUERY}"));
        let target = Target { method, template, half, modes, demands, guards, is_route: true };
        let link = link.map(|template| Target { template, ..target.clone() });
        [Some(target), link].into_iter().flatten()
    });
    targets.collect()
}

fn wrong_methods(targets: &[Target]) -> Vec<Target> {
    let paths = targets.iter().map(|target| target.template.as_str());
    let paths: BTreeSet<&str> = paths.filter(|path| !path.ends_with(LINK_QUERY)).collect();
    let wrong = paths.into_iter().map(|path| {
        let of_path: Vec<&Target> =
            targets.iter().filter(|target| target.template == path).collect();
        let taken: Vec<Method> = of_path.iter().map(|target| target.method).collect();
        let untaken = [Method::Put, Method::Trace].into_iter().find(|one| !taken.contains(one));
        Target {
            method: untaken.expect("no path takes everything"),
            demands: "nothing",
            guards: Vec::new(),
            is_route: false,
            ..of_path[0].clone()
        }
    });
    wrong.collect()
}

/// What is mounted without being listed, or is listed without being mounted.
pub(crate) fn unlisted_routes(client: &Client, targets: &[Target], mode: Mode) -> Vec<String> {
    let mounted: BTreeSet<String> = client
        .rocket()
        .routes()
        .map(|route| format!("{} {}", route.method, route.uri.path()))
        .collect();
    let listed: BTreeSet<String> = targets
        .iter()
        .filter(|target| target.is_route && target.is_mounted(mode))
        .filter(|target| !target.template.ends_with(LINK_QUERY))
        .map(Target::name)
        .collect();
    let unlisted = mounted.difference(&listed).map(|route| {
        format!("{route} is mounted but not listed by http, web or api: which guard has it?")
    });
    let unmounted = listed
        .difference(&mounted)
        .map(|route| format!("{route} is listed but not mounted in this mode"));
    unlisted.chain(unmounted).collect()
}
