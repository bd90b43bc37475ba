//! Session cookies: how they are set, read, renewed and removed.

mod forged_cookies;
mod origin;
mod presented;
mod secret_keys;
mod start_and_end;
