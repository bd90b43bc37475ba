//! As `crates/vestibule/tests/fuzz`, of what comes to the service.

mod csv_import;
mod forms;
#[path = "../../crates/vestibule/tests/fuzz/inputs.rs"]
#[expect(dead_code, reason = "the library's inputs are built with more of it")]
mod inputs;
mod login_ticket;
mod service;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod support;
mod webauthn;

#[path = "../service/passkeys/authenticator.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod authenticator;
