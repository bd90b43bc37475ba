//! What a credential may be used for. A scope only narrows: what an account may do is its
//! role's affair.

use super::{Role, User};

/// Everything about the own account that a key is not for; login tokens alone carry it.
#[derive(Debug)]
pub struct OwnAccount;

/// Seeing and ending the own sign-ins and keys.
#[derive(Debug)]
pub struct OwnSignIns;

/// Seeing all users and the audit log, for administrators.
#[derive(Debug)]
pub struct UsersRead;

/// Changing and deleting users, for administrators.
#[derive(Debug)]
pub struct UsersWrite;

impl vestibule::Scope for OwnAccount {
    const NAME: &'static str = "account";
}

impl vestibule::Scope for OwnSignIns {
    const NAME: &'static str = "sign-ins";
}

impl vestibule::Scope for UsersRead {
    const NAME: &'static str = "users:read";
}

impl vestibule::Scope for UsersWrite {
    const NAME: &'static str = "users:write";
}

/// The `scope` claim of a token that somebody got for a password: everything.
pub(super) const LOGIN: &str = "account sign-ins users:read users:write";

/// A scope that an access key may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyScope {
    /// The word.
    pub name: &'static str,
    /// What it opens, for people.
    pub sentence: &'static str,
    /// Whether only an administrator's key may have it: nobody else's could use it.
    pub for_administrators: bool,
}

impl KeyScope {
    /// All of them, in the order in which they are offered.
    pub const ALL: &'static [Self] = &[
        Self {
            name: <OwnSignIns as vestibule::Scope>::NAME,
            sentence: "See and end your sign-ins and keys",
            for_administrators: false,
        },
        Self {
            name: <UsersRead as vestibule::Scope>::NAME,
            sentence: "See all users and the audit log",
            for_administrators: true,
        },
        Self {
            name: <UsersWrite as vestibule::Scope>::NAME,
            sentence: "Change, sign out and delete users, without your password",
            for_administrators: true,
        },
    ];

    /// Those that a key of this user may have.
    pub fn for_user(user: &User) -> impl Iterator<Item = &'static Self> {
        let is_administrator = user.role == Role::Admin;
        Self::ALL.iter().filter(move |scope| is_administrator || !scope.for_administrators)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule::Scope as _;

    #[test]
    fn whoever_signs_in_carries_every_scope_and_no_key_that_of_the_account() {
        let login: Vec<&str> = LOGIN.split(' ').collect();
        let keys = KeyScope::ALL.iter().map(|scope| scope.name);
        let all: Vec<&str> = [OwnAccount::NAME].into_iter().chain(keys).collect();
        assert_eq!(login, all);
    }
}
