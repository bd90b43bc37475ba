//! Every statement. Plain functions on a connection: no Rocket in sight.

mod import;
pub(super) mod setup;
pub(super) mod sign_ins;
pub(super) mod throttle;
mod users;

pub use import::{insert_all, taken};
pub use setup::{has_administrator, purge_links};
pub use sign_ins::{end_sign_in, end_sign_ins, purge, sign_ins_of};
pub use throttle::purge_throttle;
pub use users::{
    Acting, Change, NewUser, PAGE, change, change_password, delete, find, hash_of, insert,
    is_empty, page, set_password, upgrade_hash, with_hash,
};
