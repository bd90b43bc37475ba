//! Second factors: authenticators, which show codes of six digits, and recovery codes.
//!
//! Imports `error` only. What an account has is kept by the application's [`SecondFactorStore`].

mod authenticator;
mod recovery_codes;
mod store;
mod verify;

pub use authenticator::{Authenticator, qr_code_svg};
pub use recovery_codes::RecoveryCodes;
pub use store::SecondFactorStore;
pub use verify::verify_code;
