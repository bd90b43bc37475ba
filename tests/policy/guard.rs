//! The guards of a route, read from its text in `vestibule routes`.

/// A guard of the library, as the model knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Anyone,
    BearerToken,
    AccessToken,
    RefreshToken,
    TokenUser,
    AnyTokenUser,
    SessionUser,
    Session,
    CurrentUser,
    /// Either credential, a refresh token too.
    AnyUser,
    /// The token of the metrics, which no user has.
    Scraper,
    Maybe(Box<Guard>),
    Fresh(Box<Guard>),
    /// The role as the database has it.
    Require(Box<Guard>),
    /// The role as the token's claims have it.
    ClaimedRole(Box<Guard>),
    /// The name of the scope's type, and the guard inside.
    Scoped(String, Box<Guard>),
    FreshOrKey(String, Box<Guard>),
}

/// Reads `Maybe<SessionUser>, Session`: the guards in the order in which they are asked.
pub(crate) fn parse(demands: &str) -> Result<Vec<Guard>, String> {
    split(demands).into_iter().map(one).collect()
}

fn one(text: &str) -> Result<Guard, String> {
    let (name, inner) = match text.split_once('<') {
        Some((name, rest)) => (name, rest.strip_suffix('>').ok_or_else(|| unknown(text))?),
        None => (text, ""),
    };
    let inner = split(inner);
    let guard = match (name, inner.as_slice()) {
        ("anyone", []) => Guard::Anyone,
        ("BearerToken", []) => Guard::BearerToken,
        ("AccessToken", []) => Guard::AccessToken,
        ("RefreshToken", []) => Guard::RefreshToken,
        // No rule demands a second factor here.
        ("TokenUser" | "BareTokenUser", []) => Guard::TokenUser,
        ("AnyTokenUser", []) => Guard::AnyTokenUser,
        ("SessionUser" | "BareSessionUser", []) => Guard::SessionUser,
        ("Session", []) => Guard::Session,
        ("CurrentUser", []) => Guard::CurrentUser,
        ("AnyUser", []) => Guard::AnyUser,
        ("Scraper", []) => Guard::Scraper,
        // The handler gets the refusal, and passes it on.
        ("UserOrError", [guard]) => one(guard)?,
        // The requests of the model carry no token in the body.
        ("TokenBody", [guard]) => one(guard)?,
        ("Maybe", [guard]) => Guard::Maybe(boxed(guard)?),
        // No user of the model has a second factor.
        ("ProvenFactor", [guard]) => one(guard)?,
        ("Fresh", [guard]) => Guard::Fresh(boxed(guard)?),
        ("Require", ["Admin"]) => Guard::Require(Box::new(Guard::CurrentUser)),
        ("Require", ["Admin", guard]) => Guard::Require(boxed(guard)?),
        ("ClaimedRole", ["Admin"]) => Guard::ClaimedRole(Box::new(Guard::CurrentUser)),
        ("ClaimedRole", ["Admin", guard]) => Guard::ClaimedRole(boxed(guard)?),
        ("Scoped", [scope, guard]) => Guard::Scoped((*scope).to_owned(), boxed(guard)?),
        ("KeyScoped", [scope, guard]) => Guard::Scoped((*scope).to_owned(), boxed(guard)?),
        ("FreshOrKey", [scope, guard]) => Guard::FreshOrKey((*scope).to_owned(), boxed(guard)?),
        _ => return Err(unknown(text)),
    };
    Ok(guard)
}

fn boxed(text: &str) -> Result<Box<Guard>, String> {
    one(text).map(Box::new)
}

fn unknown(text: &str) -> String {
    format!(
        "`{text}` is no guard that the model knows. Teach it to `Guard` in tests/policy/guard.rs \
         and say in tests/policy/model.rs what it answers to each credential."
    )
}

/// Splits at the commas that are in no angle bracket.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = text.split(|c| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[test]
fn what_a_group_demands_is_read_as_nested_guards() {
    let user = || Box::new(Guard::TokenUser);
    let fresh = Guard::Require(Box::new(Guard::Fresh(user())));
    assert_eq!(parse("Require<Admin, Fresh<TokenUser>>"), Ok(vec![fresh]));
    let scoped = Guard::FreshOrKey("UsersWrite".to_owned(), user());
    assert_eq!(parse("FreshOrKey<UsersWrite, TokenUser>"), Ok(vec![scoped]));
    let both = vec![Guard::Maybe(Box::new(Guard::SessionUser)), Guard::Session];
    assert_eq!(parse("Maybe<SessionUser>, Session"), Ok(both));
}

#[test]
fn a_guard_that_the_model_does_not_know_is_named() {
    for unknown in ["Owner", "Maybe<Owner>", "Require<Editor, TokenUser>", "Maybe<TokenUser"] {
        let complaint = parse(unknown).expect_err("unknown");
        assert!(complaint.contains("is no guard that the model knows"), "{complaint}");
    }
}
