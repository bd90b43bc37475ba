//! Finds our guards of each route. Rocket shows no handler's signature, but at ignition it calls
//! its sentinels: so the routes are mounted on a Rocket that is never launched, the inspection.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

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

/// Their sentinel calls that of the guard inside, whose refusal they ignore as guards.
const LENIENT: [&str; 3] = ["Option", "Result", "Either"];

/// A type in a handler's signature whose sentinel is, or calls, one of ours.
#[derive(Clone, Copy, Debug)]
pub struct FoundGuard {
    type_name: &'static str,
    pub(crate) proof: Proof,
}

impl FoundGuard {
    /// The type without its path: `Fresh<SessionUser<User>>`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        for part in self.type_name.split_inclusive(|c| !is_in_name(c) && c != ':') {
            let end = part.trim_end_matches(|c| !is_in_name(c)).rfind(':').map_or(0, |at| at + 1);
            name.push_str(&part[end..]);
        }
        without_wrapper(&name.replace("<'_>", ""))
    }
}

/// Writes `Checked<Scoped<Read>, G>` as `Scoped<Read, G>`, as a handler names it.
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

/// Returns the guards of each route, as [`Auth::route_guards`](crate::Auth::route_guards) does.
pub(super) fn route_guards<'r>(
    figment: &Figment,
    routes: impl Iterator<Item = &'r Route>,
) -> Option<Vec<Vec<FoundGuard>>> {
    silently(|| inspect(figment, routes.cloned().collect()))
}

fn inspect(figment: &Figment, routes: Vec<Route>) -> Option<Vec<Vec<FoundGuard>>> {
    let figment = &inspection_config(figment);
    let inspection = ignite(figment, false, Vec::new())?.ok()?;
    if let Some(aborts) = unless_panics(|| aborts(figment, &routes)) {
        return found_guards(&aborts?, routes.len(), &inspection);
    }
    // An application's sentinel needs state that is missing here. Then each route is inspected
    // alone, and that of the sentinel counts as one without a guard.
    let each = routes.iter().map(|route| {
        match unless_panics(|| aborts(figment, std::slice::from_ref(route))) {
            Some(aborts) => found_guards(&aborts?, 1, &inspection)?.pop(),
            None => Some(Vec::new()),
        }
    });
    each.collect()
}

/// Returns the guards of each of `count` routes, by the sentinels that aborted for them.
fn found_guards(
    aborts: &[Sentry],
    count: usize,
    inspection: &Rocket<Ignite>,
) -> Option<Vec<Vec<FoundGuard>>> {
    let mut proofs: HashMap<TypeId, Option<Proof>> = HashMap::new();
    let mut routes: Vec<Vec<FoundGuard>> = Vec::with_capacity(count);
    // A type inside another does not bind the request: the outer one may ignore its refusal.
    for sentry in aborts.iter().filter(|sentry| sentry.parent.is_none()) {
        if sentry.type_id == TypeId::of::<Separator>() {
            routes.push(Vec::new());
            continue;
        }
        let proof = *proofs.entry(sentry.type_id).or_insert_with(|| proof_of(sentry, inspection));
        if let Some(proof) = proof {
            routes.last_mut()?.push(FoundGuard { type_name: sentry.type_name, proof });
        }
    }
    (routes.len() == count).then_some(routes)
}

/// Returns the sentinels that abort for these routes, a separator before those of each route.
fn aborts(figment: &Figment, routes: &[Route]) -> Option<Vec<Sentry>> {
    let separated = routes.iter().flat_map(|route| [routes![separator].remove(0), route.clone()]);
    // Ranked one after the other they never collide, and Rocket keeps their order.
    let ranked = separated.zip(0..).map(|(mut route, rank)| {
        (route.method, route.rank) = (Method::Get, rank);
        route
    });
    Some(ignite(figment, true, ranked.collect())?.err().unwrap_or_default())
}

/// Returns `None` if the work panics.
fn unless_panics<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What the type proves; `None` if its sentinel calls none of ours. Calls before a panic count.
fn proof_of(sentry: &Sentry, inspection: &Rocket<Ignite>) -> Option<Proof> {
    let recorded = inspection.state::<RouteGuards>()?;
    recorded.take();
    unless_panics(|| (sentry.abort)(inspection));
    let proof = recorded.take()?;
    Some(if is_lenient(sentry.type_name) { Proof::Nothing } else { proof })
}

fn is_lenient(type_name: &str) -> bool {
    let mut before_brackets = type_name.split('<').rev();
    before_brackets.next();
    before_brackets.any(|path| {
        let name = path.rsplit(|c| !is_in_name(c)).next();
        name.is_some_and(|name| LENIENT.contains(&name))
    })
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Its route comes before each inspected route, so that the aborts of two routes can be told apart.
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
fn separator(_separator: Separator) {}

/// A configuration that ignites without a log; Rocket reports the errors of the real one.
fn inspection_config(figment: &Figment) -> Figment {
    let figment = match Config::try_from(figment) {
        Ok(_) => figment.clone(),
        Err(_) => Figment::from(Config::debug_default()),
    };
    figment
        .merge(Serialized::global("log_level", "off"))
        // Rocket requires one outside debug; nothing is sealed with it.
        .merge(Serialized::global("secret_key", "01".repeat(32)))
}

/// Ignites a Rocket with these routes and no other state; returns it or what aborted.
fn ignite(
    figment: &Figment,
    abort: bool,
    routes: Vec<Route>,
) -> Option<Result<Rocket<Ignite>, Vec<Sentry>>> {
    let rocket: Rocket<Build> = rocket::custom(figment);
    // Building a Rocket sets the level.
    log::set_max_level(LevelFilter::Off);
    let rocket = rocket.manage(RouteGuards::new(abort)).mount("/", routes);
    // Without another fairing the ignition never waits.
    match rocket.ignite().now_or_never()? {
        Ok(rocket) => Some(Ok(rocket)),
        Err(error) => match error.kind() {
            ErrorKind::SentinelAborts(sentries) => Some(Err(sentries.clone())),
            _ => None,
        },
    }
}

/// Turns the log off meanwhile: an ignition logs its whole configuration, and sentinels log what
/// they miss. The level is global, so only one inspection runs at a time.
fn silently<T>(work: impl FnOnce() -> T) -> T {
    static LOCK: Mutex<()> = Mutex::new(());
    let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let before = log::max_level();
    log::set_max_level(LevelFilter::Off);
    let result = catch_unwind(AssertUnwindSafe(work));
    log::set_max_level(before);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::session::Session;
    use crate::actions::tokens::Tokens;
    use crate::guards::{AccessToken, Maybe};

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
    fn each_route_gets_its_own_guards_in_the_order_of_its_arguments() {
        let routes = routes![bare, one, bare, other, one];
        let guards = route_guards(&Figment::from(Config::debug_default()), routes.iter());
        let guards = guards.expect("an inspection");
        let shown: Vec<Vec<_>> = guards
            .iter()
            .map(|guards| guards.iter().map(|one| (one.name(), one.proof)).collect())
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
            ("a::Checked<b::Has<c::D, c::E>, f::G>", "Has<D, E, G>"),
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
