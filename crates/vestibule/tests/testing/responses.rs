//! `assert_no_cookies`: what it accepts and its message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use vestibule::testing::{ActAs, AssertNoCookies, blocking as testing};

use crate::app::App;

#[test]
fn a_response_without_cookies_is_returned() {
    let app = App::new();
    let program = testing::token(&app.client, &app.alice()).expect("a token");
    let answer = app.client.get("/cookies").act_as(&program).dispatch().assert_no_cookies();
    assert_eq!(answer.status().code, 200);
}

#[test]
fn cookies_are_named_and_their_values_are_not() {
    let app = App::new();
    let answer = app.client.get("/cookies").dispatch();
    let values: Vec<String> = answer.cookies().iter().map(|one| one.value().to_owned()).collect();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(answer.assert_no_cookies())));
    let panic = panic.expect_err("two cookies");
    let said = panic.downcast_ref::<String>().expect("a text");
    assert!(said.contains("first") && said.contains("second"), "{said}");
    assert!(!said.contains("the value") && values.iter().all(|value| !said.contains(value)));
}
