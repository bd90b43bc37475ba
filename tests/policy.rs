//! The session policy, by enumeration: every credential on every route in every mode, held
//! against a small model and against the published table.

#[path = "support/mod.rs"]
#[expect(dead_code, reason = "the stories need more of it than the enumeration does")]
mod support;

#[path = "policy/enumeration.rs"]
mod enumeration;
#[path = "policy/guard.rs"]
mod guard;
#[path = "policy/model.rs"]
mod model;
#[path = "policy/routes.rs"]
mod routes;
#[path = "policy/rows.rs"]
mod rows;
#[path = "policy/world.rs"]
mod world;

use vestibule::auth::Mode;

use enumeration::{demand_none, report, settings};

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
