//! No statement scans a table that grows: every one that requests and housekeeping
//! execute is recorded, and the database is asked for its plan.

#[path = "support/mod.rs"]
#[expect(dead_code, reason = "not every actor is needed here")]
mod support;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::{
    Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation,
};
use diesel::prelude::*;
use diesel::sql_types::Text;
use rocket::http::Method;
use serde_json::{Value, json};
use support::actor::Actor;
use support::app::{On, TestApp, on_both};
use vestibule_service::accounts::{audit, new_setup_link, queries};
use vestibule_service::db::AnyConnection;

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The tables that grow with users and with time.
const LARGE: [&str; 11] = [
    "users",
    "sign_ins",
    "throttle",
    "events",
    "password_links",
    "pending_addresses",
    "former_addresses",
    "registrations",
    "mails",
    "known_devices",
    "sign_in_links",
];

/// Indexes that hold a few rows alone: to scan one is no harm.
const SMALL_INDEXES: [&str; 2] = ["users_administrators", "events_pruned"];

/// Scans on purpose: a search for a text anywhere in a name has no index, and the
/// list of users says how many there are. The last are statements of this file.
const KNOWN: [&str; 4] =
    ["LIKE", "SELECT COUNT(*) FROM `users` LIMIT", "SELECT COUNT(*) FROM \"users\" LIMIT", OWN];

/// In the statements of this file.
const OWN: &str = "/* of this file */";

struct Collect;

impl Instrumentation for Collect {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split(" -- binds").next().unwrap_or_default().trim();
            let mut statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
            statements.insert(statement.to_owned());
        }
    }
}

fn collected() -> BTreeSet<String> {
    std::mem::take(&mut STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner))
}

#[test]
fn no_statement_goes_through_a_whole_table_that_grows() {
    set_default_instrumentation(|| Some(Box::new(Collect))).expect("a listener");
    on_both(|app| {
        people(&app);
        programs(&app);
        administrators(&app);
        put_back(&app);
        housekeeping(&app);
        let statements = collected();
        let checked: Vec<_> = statements.iter().filter(|text| is_about_large(text)).collect();
        // The list is long: without any recorded statement this must not pass.
        assert!(checked.len() > 40, "only {checked:#?}");
        for table in LARGE {
            assert!(checked.iter().any(|text| text.contains(table)), "nothing about {table}");
        }
        let scans = |text: &&&String| !KNOWN.iter().any(|known| text.contains(known));
        let bad: Vec<_> = checked
            .iter()
            .filter(scans)
            .filter_map(|text| match app.on {
                On::Sqlite => sqlite(&mut app.connection(), text),
                On::Postgres => postgres(&mut app.connection(), text),
            })
            .collect();
        assert!(bad.is_empty(), "on {:?}: {bad:#?}", app.on);
    });
}

fn is_about_large(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    ["SELECT", "UPDATE", "DELETE", "INSERT"].contains(&word)
        && LARGE.iter().any(|table| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *table)
        })
}

/// SQLite's plan, if it scans a table.
fn sqlite(connection: &mut AnyConnection, text: &str) -> Option<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    let plan: Vec<Step> =
        diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(connection).expect("a plan");
    let through = |step: &&Step| {
        let mut words = step.detail.split(' ');
        let scans = words.next() == Some("SCAN")
            && words.next().is_some_and(|table| LARGE.contains(&table));
        // The first rows of all are no harm.
        let small = SMALL_INDEXES.iter().any(|index| step.detail.contains(index));
        scans && !(is_first_rows(text) || small)
    };
    plan.iter().find(through).map(|step| format!("{}: {text}", step.detail))
}

fn is_first_rows(text: &str) -> bool {
    text.contains(" LIMIT ") && !text.contains("WHERE") && !text.contains("COUNT")
}

/// PostgreSQL's plan, if it scans a table although that is made almost prohibitively
/// expensive; without the parameters, as for a statement that is executed often.
fn postgres(connection: &mut AnyConnection, text: &str) -> Option<String> {
    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = diesel::sql_types::Text)]
        plan: String,
    }
    let last = (1..=40).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or(0);
    let parameters = match last {
        0 => String::new(),
        last => format!("({})", vec!["NULL"; last].join(", ")),
    };
    connection
        .batch_execute(&format!(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; \
             PREPARE asked AS {text}; \
             CREATE FUNCTION pg_temp.plan() RETURNS text LANGUAGE plpgsql AS $plan$ \
             DECLARE answer text; BEGIN \
             EXECUTE 'EXPLAIN (FORMAT JSON) EXECUTE asked{parameters}' INTO answer; \
             RETURN answer; END $plan$"
        ))
        .expect("a statement");
    let plan: Plan =
        diesel::sql_query("SELECT pg_temp.plan() AS plan").get_result(connection).expect("a plan");
    let plan: Value = serde_json::from_str(&plan.plan).expect("JSON");
    through(&plan[0]["Plan"], is_first_rows(text)).map(|node| format!("{node}: {text}"))
}

/// The first step that goes through a table, or through an index from end to end.
fn through(node: &Value, first_rows: bool) -> Option<String> {
    let table = node["Relation Name"].as_str().filter(|table| LARGE.contains(table));
    if let Some(table) = table {
        let (kind, index) = (node["Node Type"].as_str()?, node["Index Name"].as_str());
        let whole = match kind {
            "Seq Scan" => true,
            "Index Scan" | "Index Only Scan" => {
                node["Index Cond"].is_null() && index.is_none_or(|i| !SMALL_INDEXES.contains(&i))
            }
            _ => false,
        };
        if whole && !first_rows {
            return Some(format!("{kind} on {table} by {index:?}"));
        }
    }
    let inner = node["Plans"].as_array().into_iter().flatten();
    inner.filter_map(|inner| through(inner, first_rows)).next()
}

const NEW: &str = "correct horse battery";

/// All that a person does on pages.
fn people(app: &TestApp) {
    let visitor = app.anonymous();
    visitor.get("/");
    visitor.post_form("/login", &[("username", "user_01"), ("password", "wrong")]);
    let fields = [("username", "ann"), ("password", NEW), ("full_name", "Ann")];
    assert_eq!(visitor.post_form("/register", &fields).status, 303);
    assert_eq!(app.anonymous().post_form("/register", &fields).status, 303, "sent twice");
    let taken = [("username", "ann"), ("password", "another horse battery")];
    assert_eq!(app.anonymous().post_form("/register", &taken).status, 409);
    let person = app.session("user_01");
    let fields = [("username", "user_01"), ("password", "1234"), ("remember", "on")];
    assert_eq!(app.anonymous().post_form("/login", &fields).status, 303);
    for page in ["/dashboard", "/account", "/account/sign-ins", "/account/events", "/health"] {
        assert_eq!(person.get(page).status, 200, "{page}");
    }
    person.get("/account/events?before=3");
    app.clock.advance(Duration::from_secs(120));
    assert_eq!(person.get("/whoami").status, 200);
    person.post_form("/reauthenticate", &[("password", "wrong")]);
    assert_eq!(person.post_form("/reauthenticate", &[("password", "1234")]).status, 303);
    person.post("/account/sign-ins/end-others");
    let change = [("current_password", "1234"), ("new_password", NEW)];
    assert_eq!(person.post_form("/account/password", &change).status, 303);
    person.post("/account/sign-ins/end-all");
    app.session("user_02").post("/logout");
}

/// All that a program does.
fn programs(app: &TestApp) {
    let mut program = app.token("user_02");
    for path in ["/api/me", "/api/sign-ins", "/api/events", "/api/events?before=3"] {
        assert_eq!(program.get(path).status, 200, "{path}");
    }
    assert_eq!(program.refresh().status, 200);
    program.delete("/api/sign-ins");
    let body = json!({ "current_password": "5678", "new_password": NEW });
    assert_eq!(app.token("user_02").post_json("/api/password", &body).status, 204);
    program.post("/api/logout?all=true");
    let body = json!({ "username": "ben", "password": NEW });
    assert_eq!(app.anonymous().post_json("/api/register", &body).status, 201);
    let body = json!({ "username": "nobody", "password": NEW });
    assert_eq!(app.anonymous().post_json("/api/login", &body).status, 401);
}

/// All that an administrator does, on pages and over the API.
fn administrators(app: &TestApp) {
    let (page, api) = (app.session("admin"), app.token("admin"));
    let listed = api.get("/api/users?q=user_02").json();
    let id = &listed["users"][0]["id"];
    let user = format!("/admin/users/{id}");
    for path in ["/admin/users", "/admin/users?page=2", "/admin/users?q=ann", &user] {
        assert_eq!(page.get(path).status, 200, "{path}");
    }
    let all = ["/admin/events", "/admin/events?before=3"];
    for path in all.map(str::to_owned).into_iter().chain([format!("/admin/events?account={id}")]) {
        assert_eq!(page.get(&path).status, 200, "{path}");
        assert_eq!(api.get(&path.replace("/admin", "/api/admin")).status, 200, "{path}");
    }
    assert_eq!(page.post_form(&format!("{user}/role"), &[("role", "admin")]).status, 303);
    assert_eq!(page.post_form(&format!("{user}/active"), &[("active", "false")]).status, 303);
    let user = format!("/api/users/{id}");
    let body = json!({ "active": true, "role": "user", "full_name": "Ben" });
    assert_eq!(api.json(Method::Patch, &user, &body).status, 200);
    links(app, &api, &user);
    addresses(app, &api);
    assert_eq!(api.get(&format!("{user}/sign-ins")).status, 200);
    api.delete(&format!("{user}/sign-ins/none")).assert_problem(404, "not_found");
    assert_eq!(api.delete(&format!("{user}/sign-ins")).status, 204);
    assert_eq!(api.delete(&user).status, 204);
}

/// A link that is made, opened and used, and a user that is invited.
fn links(app: &TestApp, api: &Actor<'_>, user: &str) {
    let made = api.post(&format!("{user}/reset-link")).json();
    let link = made["link"].as_str().expect("a link");
    let path = link.strip_prefix("http://localhost:8000").expect("a link to this service");
    let visitor = app.anonymous();
    assert_eq!(visitor.open_link(path).status, 200);
    let token = path.split('=').next_back().unwrap_or_default();
    let fields = [("token", token), ("password", NEW)];
    assert_eq!(visitor.post_form("/password/new", &fields).status, 303);
    assert_eq!(api.post_json("/api/users", &json!({ "username": "cat" })).status, 201);
}

/// An address that is asked for and removed, and a mail for who forgot the password.
fn addresses(app: &TestApp, api: &Actor<'_>) {
    let address = json!({ "email": "ann@example.org" });
    assert_eq!(api.post_json("/api/me/email", &address).status, 202);
    assert_eq!(app.anonymous().open_link("/address/confirm?token=none").status, 404);
    let fields = [("token", "none")];
    assert_eq!(app.anonymous().post_form("/address/confirm", &fields).status, 404);
    app.sql("UPDATE users SET email = 'a@x.org', email_key = 'a@x.org' WHERE role = 'admin'");
    assert_eq!(api.delete("/api/me/email").status, 204);
    assert_eq!(app.anonymous().post_form("/address/return", &fields).status, 404);
    assert_eq!(app.anonymous().open_link("/register/confirm?token=none").status, 404);
    assert_eq!(app.anonymous().post_form("/register/confirm", &fields).status, 404);
    assert_eq!(app.anonymous().post_json("/api/password/forgot", &address).status, 202);
}

/// A former address that is put back, once its mail is sent, which gives it another link.
fn put_back(app: &TestApp) {
    let until = Instant::now() + Duration::from_secs(60);
    while app.count(&format!("mails {OWN}")) > 0 {
        assert!(Instant::now() < until, "a mail stays");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The digest of "none".
    let hash = "FAvtv5w_bVaphG0rpwiHmGg_TaDCSCMTNuagVnnk_f4";
    app.sql(&format!("UPDATE former_addresses {OWN} SET token_hash = '{hash}'"));
    let reply = app.anonymous().post_form("/address/return", &[("token", "none")]);
    assert_eq!(reply.status, 303, "{}", reply.body);
}

/// What the start and the background do.
fn housekeeping(app: &TestApp) {
    let (mut connection, now) = (app.connection(), app.clock.now().expect("a sane clock"));
    vestibule::database::sign_ins::purge(&mut connection, now, Duration::from_secs(7200), 500)
        .expect("a purge");
    vestibule::database::purge_throttle(&mut connection, now, 500).expect("a purge");
    queries::purge_links(&mut connection, now).expect("a purge");
    queries::purge_password_links(&mut connection, now, 500).expect("a purge");
    queries::purge_pending_addresses(&mut connection, now, 500).expect("a purge");
    app.sql(&format!(
        "INSERT INTO former_addresses SELECT id, 'a@x.org', 0, 0, NULL FROM users {OWN}"
    ));
    queries::purge_former_addresses(&mut connection, now, 500).expect("a purge");
    queries::purge_registrations(&mut connection, now, 500).expect("a purge");
    queries::new_registration_link(&mut connection, "none", now).expect("no registration");
    audit::prune_step(&mut connection, now, Duration::from_secs(86_400)).expect("a step");
    new_setup_link(&mut connection, now).expect("an answer");
    drop(app.neighbour());
}
