//! Which of our guards does each route demand? Rocket keeps what it knows of a handler's
//! signature to itself and only asks the sentinels in it, at ignition. So the routes are
//! mounted on a Rocket that is ignited and never launched.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use log::LevelFilter;
use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::futures::FutureExt;
use rocket::http::Method;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::sentinel::Sentry;
use rocket::{Build, Config, Ignite, Request, Rocket, Route, Sentinel, get, routes};

use crate::guards::sentinel::{Proof, RouteGuards};

/// Rocket passes a sentinel's question on through these, though as guards they let in whom
/// the guard inside refuses.
const LENIENT: [&str; 3] = ["Option", "Result", "Either"];

/// A type in a handler's signature that asks a guard of ours.
#[derive(Clone, Copy, Debug)]
pub struct FoundGuard {
    type_name: &'static str,
    /// What it proves of a request that it lets in.
    pub(crate) proof: Proof,
}

impl FoundGuard {
    /// The type without its path: `Fresh<SessionUser<User>>`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        for part in self.type_name.split_inclusive(|c| !is_of_name(c) && c != ':') {
            let end = part.trim_end_matches(|c| !is_of_name(c)).rfind(':').map_or(0, |at| at + 1);
            name.push_str(&part[end..]);
        }
        without_wrapper(&name.replace("<'_>", ""))
    }
}

/// Writes `Checked<Scoped<Read>, G>` as `Scoped<Read, G>`, which is how a handler names it.
fn without_wrapper(name: &str) -> String {
    const WRAPPER: &str = "Checked<";
    let Some(at) = name.rfind(WRAPPER) else { return name.to_owned() };
    let (before, inside) = (&name[..at], &name[at + WRAPPER.len()..]);
    let mut depth = 0;
    let comma = inside.find(|c| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        c == ',' && depth == 0
    });
    let Some((condition, guard)) = comma.map(|comma| inside.split_at(comma)) else {
        return name.to_owned();
    };
    let guard = guard.trim_start_matches([',', ' ']);
    without_wrapper(&match condition.strip_suffix('>') {
        Some(condition) => format!("{before}{condition}, {guard}"),
        None => format!("{before}{condition}<{guard}"),
    })
}

/// What each of the routes demands, in the order of the routes and of their handlers'
/// arguments; `None` when Rocket does not answer as it should.
pub fn survey<'r>(
    figment: &Figment,
    routes: impl Iterator<Item = &'r Route>,
) -> Option<Vec<Vec<FoundGuard>>> {
    let _quiet = Quiet::new();
    let figment = &quiet(figment);
    let routes: Vec<Route> = routes.cloned().collect();
    let asker = ignite(figment, false, Vec::new())?.ok()?;
    if let Some(sentries) = unless_panics(|| sentries(figment, &routes)) {
        return demands(&sentries?, routes.len(), &asker);
    }
    // An application's sentinel unwraps state that is not there. Each route by itself then: of
    // the one whose sentinel it is nothing is known, so it counts as one without a guard.
    let each = routes.iter().map(|route| {
        match unless_panics(|| sentries(figment, std::slice::from_ref(route))) {
            Some(sentries) => demands(&sentries?, 1, &asker)?.pop(),
            None => Some(Vec::new()),
        }
    });
    each.collect()
}

/// What is known of each of so many routes, by the sentinels that aborted for them.
fn demands(
    sentries: &[Sentry],
    count: usize,
    asker: &Rocket<Ignite>,
) -> Option<Vec<Vec<FoundGuard>>> {
    let mut known: HashMap<TypeId, Option<Proof>> = HashMap::new();
    let mut demands: Vec<Vec<FoundGuard>> = Vec::with_capacity(count);
    // A type inside another does not bind the request: the outer one may ignore its refusal.
    for sentry in sentries.iter().filter(|sentry| sentry.parent.is_none()) {
        if sentry.type_id == TypeId::of::<Separator>() {
            demands.push(Vec::new());
            continue;
        }
        let proof = *known.entry(sentry.type_id).or_insert_with(|| proves(sentry, asker));
        if let Some(proof) = proof {
            demands.last_mut()?.push(FoundGuard { type_name: sentry.type_name, proof });
        }
    }
    (demands.len() == count).then_some(demands)
}

/// The sentinels that abort for these routes, a border before those of each.
fn sentries(figment: &Figment, routes: &[Route]) -> Option<Vec<Sentry>> {
    let routes = routes.iter().flat_map(|route| [border(), route.clone()]).collect();
    Some(ignite(figment, true, in_order(routes))?.err().unwrap_or_default())
}

/// `None` where it panics, which the panic hook has told then.
fn unless_panics<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What the type proves; `None` when it asks no guard of ours. What it asked before it panics
/// it has asked.
fn proves(sentry: &Sentry, asker: &Rocket<Ignite>) -> Option<Proof> {
    let survey = asker.state::<RouteGuards>()?;
    survey.take();
    unless_panics(|| (sentry.abort)(asker));
    let proof = survey.take()?;
    Some(if is_lenient(sentry.type_name) { Proof::Nothing } else { proof })
}

fn is_lenient(type_name: &str) -> bool {
    let mut before_brackets = type_name.split('<').rev();
    before_brackets.next();
    before_brackets.any(|path| {
        let name = path.rsplit(|c| !is_of_name(c)).next();
        name.is_some_and(|name| LENIENT.contains(&name))
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Stands between two routes, so that the aborts of one can be told from those of the next.
struct Separator;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Separator {
    type Error = ();

    async fn from_request(_: &'r Request<'_>) -> request::Outcome<Self, ()> {
        Outcome::Success(Self)
    }
}

impl Sentinel for Separator {
    fn abort(_: &Rocket<Ignite>) -> bool {
        true
    }
}

#[get("/")]
fn stand(_border: Separator) {}

fn border() -> Route {
    routes![stand].remove(0)
}

/// Ranked one after the other: so they never collide, and Rocket keeps their order.
fn in_order(routes: Vec<Route>) -> Vec<Route> {
    let ranked = routes.into_iter().zip(0..).map(|(mut route, rank)| {
        (route.method, route.rank) = (Method::Get, rank);
        route
    });
    ranked.collect()
}

/// A configuration that ignites; what is wrong with the real one, Rocket itself says better.
fn quiet(figment: &Figment) -> Figment {
    let figment = match Config::try_from(figment) {
        Ok(_) => figment.clone(),
        Err(_) => Figment::from(Config::debug_default()),
    };
    figment
        .merge(Serialized::global("log_level", "off"))
        // Seals nothing; outside debug Rocket wants one.
        .merge(Serialized::global("secret_key", "01".repeat(32)))
}

/// Ignites a Rocket with these routes, the same configuration and no state but the survey:
/// the ignited Rocket, or the sentinels that aborted.
fn ignite(
    figment: &Figment,
    abort: bool,
    routes: Vec<Route>,
) -> Option<Result<Rocket<Ignite>, Vec<Sentry>>> {
    let rocket: Rocket<Build> = rocket::custom(figment);
    // Rocket sets the level for the time until it has read the configuration.
    log::set_max_level(LevelFilter::Off);
    let rocket = rocket.manage(RouteGuards::new(abort)).mount("/", routes);
    // Without a fairing that waits for something there is nothing to wait for.
    match rocket.ignite().now_or_never()? {
        Ok(rocket) => Some(Ok(rocket)),
        Err(error) => match error.kind() {
            ErrorKind::SentinelAborts(sentries) => Some(Err(sentries.clone())),
            _ => None,
        },
    }
}

/// Nothing is logged while this lives: an ignition tells its whole configuration, and the
/// sentinels tell what they miss. The level is the process's own, so one survey at a time.
struct Quiet {
    before: LevelFilter,
    _alone: MutexGuard<'static, ()>,
}

impl Quiet {
    fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let before = log::max_level();
        log::set_max_level(LevelFilter::Off);
        Self { before, _alone: alone }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        log::set_max_level(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessToken, Maybe, Session, Tokens};

    #[get("/<_..>", rank = 3)]
    fn one(tokens: Option<Tokens<'_>>, token: AccessToken, session: Session<'_>) {
        let _ = (tokens, token, session);
    }

    #[get("/<_..>", rank = 1)]
    fn other(token: Maybe<AccessToken>) {
        let _ = token;
    }

    #[rocket::post("/")]
    fn bare() {}

    #[test]
    fn each_route_gets_its_own_demands_in_the_order_of_its_arguments() {
        let routes = routes![bare, one, bare, other, one];
        let demands = survey(&Figment::from(Config::debug_default()), routes.iter());
        let demands = demands.expect("a survey");
        let shown: Vec<Vec<_>> = demands
            .iter()
            .map(|demands| demands.iter().map(|one| (one.name(), one.proof)).collect())
            .collect();
        let of_one = vec![
            ("Option<Tokens>".to_owned(), Proof::Nothing),
            ("AccessToken".to_owned(), Proof::Login),
            ("Session".to_owned(), Proof::Nothing),
        ];
        let of_other = vec![("Maybe<AccessToken>".to_owned(), Proof::Nothing)];
        assert_eq!(shown, [vec![], of_one.clone(), vec![], of_other, of_one]);
    }

    #[test]
    fn a_type_is_named_without_its_path() {
        for (type_name, name) in [
            ("a::b::C", "C"),
            ("a::C<d::E, f::g::H<i::J>>", "C<E, H<J>>"),
            ("&core::option::Option<(a::B, u8)>", "&Option<(B, u8)>"),
            ("a::C<'_>", "C"),
            ("a::Checked<b::Fresh, c::D<e::F>>", "Fresh<D<F>>"),
            ("a::Checked<b::Has<c::D>, a::Checked<b::Fresh, e::F>>", "Has<D, Fresh<F>>"),
        ] {
            assert_eq!(FoundGuard { type_name, proof: Proof::Nothing }.name(), name);
        }
    }

    #[test]
    fn a_name_is_lenient_wherever_it_holds_a_lenient_type() {
        for lenient in [
            "core::option::Option<a::B>",
            "Option<B>",
            "a::Timed<core::result::Result<a::B, a::C>>",
            "a::Two<a::B, either::Either<a::B, a::C>>",
            "&core::option::Option<a::B>",
        ] {
            assert!(is_lenient(lenient), "{lenient}");
        }
        for strict in ["a::B", "a::Optional<a::B>", "option::B<a::Option>", "a::B<result::C<d::E>>"]
        {
            assert!(!is_lenient(strict), "{strict}");
        }
    }
}
