//! The accounts of the service: users and roles, sign-in, access keys, and the audit log. It knows no
//! page and no route, and imports only `crate::db`, `crate::mail`, `crate::languages` and the library
//! `vestibule`.
//!
//! The rooms; each imports only from the rows above it:
//!
//! | room or file | holds |
//! |---|---|
//! | `user/`, `user_agent`, `config`, `links`, `sealing`, `relying_party`, `scopes` | users, user names, names of browsers, settings, the secrets of links, encryption, what passkeys are bound to, scopes |
//! | `audit/` | the audit log |
//! | `queries/` | the SQL queries |
//! | `guards` | the library's traits for this service, and its guards |
//! | `network_permits` | permits of networks to have passwords hashed |
//! | `service` | [`Accounts`]: what the methods of the later rows share |
//! | `throttle/` | limits on attempts |
//! | `second_factor/` | authenticators, recovery codes, login tickets, trusted browsers |
//! | `passkeys/` | passkeys: adding, removing, checking answers |
//! | `devices` | notices of sign-ins from new devices |
//! | `password/` | rules for passwords, sign-in, changing a password, setting one by a link |
//! | `registration/` | new accounts |
//! | `access_keys`, `own_sign_ins`, `addresses` | access keys; the sign-ins of one user; e-mail addresses |
//! | `administration`, `import` | changes by administrators, CSV import |
//! | `second_step` | signing in by the second factor |
//! | `passkey_sign_in` | signing in and confirming by a passkey |
//! | `sign_in_links` | signing in by a link in a mail |
//! | `sent_twice`, `unused_session` | what a form gets that was sent twice; why a session ended |
//!
//! A password's hash stays in here: no public function returns one, and no type that holds one can
//! be serialised or printed, so that no page and no response can show one by mistake:
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
mod addresses;
mod administration;
pub mod audit;
mod config;
mod devices;
mod guards;
mod import;
mod links;
mod network_permits;
mod own_sign_ins;
mod passkey_sign_in;
mod passkeys;
mod password;
pub mod queries;
mod registration;
mod relying_party;
mod scopes;
mod sealing;
mod second_factor;
mod second_step;
mod sent_twice;
mod service;
mod sign_in_links;
mod throttle;
mod unused_session;
mod user;
mod user_agent;

pub use access_keys::{generate_key, last_seen};
pub use config::{
    AccountsConfig, AddressPolicy, ProxyNetwork, RegistrationsConfig, SecondFactorRule,
};
pub use guards::{
    Admin, AdminApi, AdminApiChange, AdminApiFresh, AdminPage, AdminPageChange, AnyUser,
    BareSessionUser, BareTokenUser, CurrentUser, FactorApi, FactorPage, Introspector, KeyScoped,
    ProvenApi, ProvenPage, SessionUser, TokenUser,
};
pub use import::{BadLine, Import, ImportError};
pub use links::{LinkToken, PasswordLink, SignInLink};
pub use own_sign_ins::{Endings, sign_out};
pub use passkeys::{Ceremony, PasskeyAnswer, PasskeyOptions};
pub use password::{Credentials, NewPassword, PasswordOwner, new_password};
pub use queries::MAX_ACTIVE_KEYS;
pub use registration::{
    AddedUser, Registration, SAMPLES, active_samples, insert_samples, new_setup_link,
    unknown_password,
};
pub use relying_party::RelyingParty;
pub use scopes::{Introspect, KeyScope, OwnAccount, OwnSignIns, UsersRead, UsersWrite, scopes_of};
pub use sealing::SealingKeys;
pub use second_factor::{
    CodeStore, FirstStep, LoginTicket, NewAuthenticator, SecondFactors, TRUSTED_FOR,
    count_unreadable, reseal_secrets, unreadable_warning,
};
pub use second_step::SecondStep;
pub use service::Accounts;
pub use sign_in_links::SIGN_IN_LINK_LIFETIME;
pub use user::{Role, User, Username, full_name};
pub use user_agent::{Program, device_name};

use crate::db::DbError;
use vestibule::Error;

// A database error is 503 `unavailable` for the client; its cause is only in the log.
impl From<DbError> for Error {
    fn from(cause: DbError) -> Self {
        Self::unavailable(cause)
    }
}
