//! Scopes: what a credential may be used for. A scope only restricts what the role of the account
//! allows.

use super::user::{Role, User};

/// Scope: the own account. Only the tokens of a sign-in have it, no access key.
#[derive(Debug)]
pub struct OwnAccount;

/// Scope: list and end the own sign-ins and keys.
#[derive(Debug)]
pub struct OwnSignIns;

/// Scope: read all users and the audit log, for administrators.
#[derive(Debug)]
pub struct UsersRead;

/// Scope: change and delete users, for administrators.
#[derive(Debug)]
pub struct UsersWrite;

/// Scope: ask whether tokens and keys are active, for administrators.
#[derive(Debug)]
pub struct Introspect;

impl vestibule::guards::Scope for OwnAccount {
    const NAME: &'static str = "account";
}

impl vestibule::guards::Scope for OwnSignIns {
    const NAME: &'static str = "sign-ins";
}

impl vestibule::guards::Scope for UsersRead {
    const NAME: &'static str = "users:read";
}

impl vestibule::guards::Scope for UsersWrite {
    const NAME: &'static str = "users:write";
}

impl vestibule::guards::Scope for Introspect {
    const NAME: &'static str = "introspect";
}

/// Returns the `scope` claim of tokens from a sign-in: all that the role allows.
#[must_use]
pub const fn scopes_of(role: Role) -> &'static str {
    match role {
        Role::User => "account sign-ins",
        Role::Admin => "account sign-ins users:read users:write introspect",
    }
}

/// A scope that an access key may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyScope {
    /// The name.
    pub name: &'static str,
    /// Whether only keys of administrators may have it.
    pub for_administrators: bool,
}

impl KeyScope {
    /// All scopes of keys, in the order of the form.
    pub const ALL: &'static [Self] = &[
        Self { name: <OwnSignIns as vestibule::guards::Scope>::NAME, for_administrators: false },
        Self { name: <UsersRead as vestibule::guards::Scope>::NAME, for_administrators: true },
        Self { name: <UsersWrite as vestibule::guards::Scope>::NAME, for_administrators: true },
        Self { name: <Introspect as vestibule::guards::Scope>::NAME, for_administrators: true },
    ];

    /// Returns the scopes that a key of this user may have.
    pub fn for_user(user: &User) -> impl Iterator<Item = &'static Self> {
        let is_administrator = user.role == Role::Admin;
        Self::ALL.iter().filter(move |scope| is_administrator || !scope.for_administrators)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vestibule::guards::Scope as _;

    #[test]
    fn a_sign_in_has_every_scope_of_its_role_and_no_key_has_that_of_the_account() {
        for role in [Role::User, Role::Admin] {
            let allowed = |scope: &&KeyScope| role == Role::Admin || !scope.for_administrators;
            let keys = KeyScope::ALL.iter().filter(allowed).map(|scope| scope.name);
            let all: Vec<&str> = [OwnAccount::NAME].into_iter().chain(keys).collect();
            assert_eq!(scopes_of(role).split(' ').collect::<Vec<_>>(), all);
        }
    }
}
