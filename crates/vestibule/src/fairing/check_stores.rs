//! Checks the stores at launch.

use std::time::Duration;

use rocket::tokio::{join, time};
use rocket::{Build, Rocket};

use crate::error::{Error, ErrorKind};
use crate::state::AuthState;

/// How long the check waits for a database; a pool may wait longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks the stores and logs what is wrong; returns whether the launch may go on. One that is
/// unavailable may come back.
pub(super) async fn check_stores(rocket: &Rocket<Build>) -> bool {
    let Some(state) = rocket.state::<AuthState>() else { return true };
    let store = async {
        match &state.store {
            Some(store) => store.check().await,
            None => Ok(()),
        }
    };
    let (store, throttle) =
        join!(time::timeout(PATIENCE, store), time::timeout(PATIENCE, state.throttle.check()));
    let checked = [("store of sign-ins", store), ("throttle", throttle)];
    checked.into_iter().fold(true, |is_usable, (what, checked)| {
        let unavailable =
            || Err(Error::unavailable(std::io::Error::from(std::io::ErrorKind::TimedOut)));
        report(what, checked.unwrap_or_else(|_| unavailable())) && is_usable
    })
}

/// Logs the error of one store; returns whether the launch may go on.
fn report(what: &str, checked: Result<(), Error>) -> bool {
    let Err(error) = checked else { return true };
    let cause = error.cause().unwrap_or_else(|| error.to_string());
    if error.kind() == ErrorKind::Unavailable {
        log::warn!(target: "vestibule::auth", "the {what} cannot be used yet: {cause}");
        return true;
    }
    log::error!(target: "vestibule::auth", "the {what} of Auth::fairing() cannot be used: {cause}");
    false
}
