//! The session policy, by enumeration: every credential on every route in every mode, compared
//! with a small model and with the published table.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests need the rest")]
mod support;

mod cookies;
mod cors;
mod enumeration;
mod fixture;
mod guard;
mod methods;
mod model;
mod once_per_setting;
mod routes;
mod rows;
mod table;
mod token_cookies;

use vestibule::config::{Mode, SessionPolicy};

use enumeration::{demand_none, report, settings};
use fixture::Setting;
use model::Person;
use support::app::On;
use support::postgres;

/// Mode `both` under the default policy, on one of the databases.
const fn usual(on: On) -> Setting {
    let (mode, policy) = (Mode::Both, SessionPolicy::UnlessToken);
    let administrator = Person::TokenOwner;
    Setting { on, mode, policy, administrator, in_cookies: false, cors: false }
}

#[test]
fn every_answer_in_mode_session_is_what_the_model_says() {
    for setting in settings(Mode::Session) {
        demand_none(&report(setting).complaints);
    }
}

#[test]
fn every_answer_in_mode_token_is_what_the_model_says() {
    for setting in settings(Mode::Token) {
        demand_none(&report(setting).complaints);
    }
}

#[test]
fn every_answer_in_mode_both_is_what_the_model_says() {
    for setting in settings(Mode::Both) {
        demand_none(&report(setting).complaints);
    }
}

#[test]
fn every_answer_on_postgresql_is_the_one_on_sqlite() {
    if postgres::server().is_none() {
        return;
    }
    let (postgres, sqlite) = (report(usual(On::Postgres)), report(usual(On::Sqlite)));
    demand_none(&postgres.complaints);
    assert!(postgres.observations == sqlite.observations, "the two databases differ");
}

#[test]
fn cookies_that_something_else_sets_leave_only_where_they_may() {
    for setting in table::cookie_settings() {
        let tried = cookies::try_cookies(setting);
        println!("{} cases: {setting:?}", tried.cases);
        demand_none(&tried.complaints);
    }
}

#[test]
fn where_tokens_are_in_cookies_only_theirs_leave_and_only_where_tokens_are_issued_or_ended() {
    for mode in [Mode::Both, Mode::Token] {
        let setting = Setting { mode, in_cookies: true, ..usual(On::Sqlite) };
        let tried = token_cookies::try_token_cookies(setting);
        println!("{} cases: {setting:?}", tried.cases);
        demand_none(&tried.complaints);
    }
}

#[test]
fn another_origin_reads_the_api_where_it_is_allowed_and_gets_past_no_guard() {
    for (mode, in_cookies) in [(Mode::Both, false), (Mode::Both, true), (Mode::Token, false)] {
        let setting = Setting { mode, in_cookies, cors: true, ..usual(On::Sqlite) };
        let tried = cors::try_origins(setting);
        println!("{} cases: {setting:?}", tried.cases);
        demand_none(&tried.complaints);
    }
}

#[test]
fn a_path_of_the_api_written_in_another_way_lets_no_cookie_in_or_out() {
    let tried = cookies::aliases(usual(On::Sqlite));
    println!("{} cases", tried.cases);
    demand_none(&tried.complaints);
}

#[test]
fn the_published_table_is_what_was_observed() {
    table::hold_against_page();
}
