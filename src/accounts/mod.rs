//! The accounts of the service: users and roles, how they prove who they are, and the
//! ledger of their sign-ins. Knows no page and no route.
//!
//! A password's hash stays in here: nothing public answers one, and no type that holds one can
//! be serialised or printed, so that no page and no answer can show one by mistake:
//!
//! ```compile_fail,E0277
//! fn can_be_shown<T: serde::Serialize>() {}
//! can_be_shown::<vestibule_service::accounts::queries::NewUser>();
//! ```
//!
//! ```compile_fail,E0603
//! use vestibule_service::accounts::queries::with_hash;
//! ```

mod access_keys;
mod administration;
pub mod audit;
mod config;
mod counters;
mod credentials;
mod fields;
mod guards;
mod import;
mod listener;
pub mod queries;
mod registration;
mod samples;
mod scopes;
mod service;
mod setup;
mod sign_in_store;
mod strength;
mod throttle;
mod user;
mod username;

pub use access_keys::{STANDING_KEYS, draw_key, last_used};
pub use config::{AccountsConfig, RegistrationsConfig, ThrottleConfig};
pub use credentials::{Credentials, NewPassword};
pub use fields::{PasswordOwner, full_name, new_password};
pub use guards::{Admin, AnyTokenUser, CurrentUser, SessionUser, TokenUser};
pub use import::{BadLine, Import, Refused};
pub use listener::LogEvents;
pub use registration::Registration;
pub use samples::{SAMPLES, insert_samples, samples_alive};
pub use scopes::{KeyScope, OwnAccount, OwnSignIns, UsersRead, UsersWrite};
pub use service::Accounts;
pub use setup::{SetupToken, new_setup_link};
pub use sign_in_store::DieselSignInStore;
pub use throttle::Client;
pub use user::{Role, User};
pub use username::Username;

use crate::db::DbError;
use vestibule::Error;

// A store that fails is 503 `unavailable` for whoever asked, and the cause is for the log.
impl From<DbError> for Error {
    fn from(cause: DbError) -> Self {
        Self::unavailable(cause)
    }
}
