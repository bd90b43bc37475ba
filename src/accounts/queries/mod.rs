//! Every statement. Plain functions on a connection: no Rocket in sight.
//!
//! A row that its key names is read by `get_result`. `first` would bind a `LIMIT`, and SQLite
//! prepares a statement anew whenever its limit is bound, which takes ten times as long as the
//! look-up.
//!
//! The two look-ups of each request ask the connection of the one database or the other, and not
//! both in one: that one writes its statements anew each time, which takes as long as the look-up.

mod access_keys;
mod administration;
mod events;
mod import;
pub(super) mod setup;
pub(super) mod sign_ins;
pub(super) mod throttle;
mod user_list;
mod users;

pub use access_keys::{keep_key, key};
pub use administration::{Change, add, change, delete, sign_out, sign_out_of};
pub use events::{EVENTS_PAGE, events, events_after, head, last_before};
pub(super) use events::{append, base, before_first, clear, mark_pruned, names_of};
pub use import::{insert_all, taken};
pub use setup::{has_administrator, purge_links};
pub use sign_ins::{end_sign_in, purge, sign_ins_of};
pub use throttle::purge_throttle;
pub use user_list::{PAGE, page};
pub use users::{
    CurrentSignIn, NewUser, change_password, find, insert, is_empty, named, set_password,
    upgrade_hash,
};
pub(super) use users::{hash_of, with_hash};

#[cfg(test)]
mod tests {
    #[test]
    fn a_look_up_by_key_binds_no_limit() {
        let sources = [
            include_str!("user_list.rs"),
            include_str!("access_keys.rs"),
            include_str!("administration.rs"),
            include_str!("events.rs"),
            include_str!("import.rs"),
            include_str!("setup.rs"),
            include_str!("sign_ins.rs"),
            include_str!("throttle.rs"),
            include_str!("users.rs"),
        ];
        for statement in sources.iter().flat_map(|source| source.split(';')) {
            let by_key = statement.contains("find(");
            assert!(!(by_key && statement.contains(".first(")), "{statement}");
        }
    }
}
