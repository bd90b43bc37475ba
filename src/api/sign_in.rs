//! Sign-in and sign-out of programs, and registration.

use rocket::http::Status;
use rocket::response::status;
use rocket::{Either, State, post};

use super::issued::{Issued, TokenCookies};
use super::me::Me;
use crate::accounts::{
    Accounts, AddressPolicy, AnyUser, Credentials, FirstStep, Registration, Role, SecondStep, User,
    sign_out,
};
use crate::http::{Json, JsonBody, KnownQuery, RequestSource, flag};
use vestibule::config::Location;
use vestibule::guards::{Authenticated, RefreshToken, TokenBody};
use vestibule::password::Password;
use vestibule::sign_ins::SignIns;
use vestibule::{Error, ErrorKind, Tokens};

/// Said to a registration with a role, whose client may be an administrator.
const ROLE_LATER: &str =
    "Register without a role. An administrator gives one with PATCH /api/users/<id>.";

/// Said after a right password of a user who has a second factor. One whose user has passkeys alone takes a recovery code or an
/// access key.
const SECOND_STEP: &str =
    "The password is right. Send login_token and a code of the second factor to /api/login/second.";

/// Signs in with user name and password; returns a pair of tokens, or sets them as cookies. 401
/// `second_factor_required` with a `login_token` of five minutes for a user who has a second factor.
#[post("/login", data = "<body>")]
pub(super) async fn login(
    tokens: Tokens<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    cookies: &State<TokenCookies>,
    mut body: JsonBody,
) -> Result<Json<Issued>, Error> {
    let (username, password) = (body.text("username"), Password::from(body.text("password")));
    let in_cookies = cookies.take(&mut body);
    body.finish()?;
    if in_cookies {
        tokens.check_secure()?;
    }
    let credentials = Credentials { username: &username, password: &password, source };
    match accounts.sign_in_program(&tokens, &credentials).await? {
        FirstStep::SignedIn(pair) => Issued::new(&tokens, pair, in_cookies),
        FirstStep::SecondFactor(ticket) => {
            let error = Error::new(ErrorKind::SecondFactorRequired).detail(SECOND_STEP);
            let error = error.member("methods", accounts.login_methods(&ticket).await?);
            Err(error.member("login_token", ticket.reveal()))
        }
    }
}

/// Signs in with the `login_token` of a right password and a code of the second factor.
#[post("/login/second", data = "<body>")]
pub(super) async fn second_step(
    tokens: Tokens<'_>,
    accounts: &State<Accounts>,
    source: RequestSource,
    cookies: &State<TokenCookies>,
    mut body: JsonBody,
) -> Result<Json<Issued>, Error> {
    let (ticket, code) = (body.text("login_token"), body.text("code"));
    let in_cookies = cookies.take(&mut body);
    body.finish()?;
    if in_cookies {
        tokens.check_secure()?;
    }
    let step = SecondStep { ticket: &ticket, code: &code, source };
    let pair = accounts.finish_program(&tokens, &step).await?;
    Issued::new(&tokens, pair, in_cookies)
}

/// Exchanges a refresh token in any location or the body for the next pair; a replaced one gets the
/// newest refresh token within `refresh_grace` and `refresh_retry`.
#[post("/refresh", data = "<token>")]
pub(super) async fn refresh(
    token: TokenBody<RefreshToken>,
    tokens: Tokens<'_>,
    cookies: &State<TokenCookies>,
) -> Result<Json<Issued>, Error> {
    JsonBody::from(token.fields().clone()).finish()?;
    let in_cookies = **cookies == TokenCookies::Always || token.location() == Location::Cookies;
    let pair = tokens.refresh::<User>(&token).await?;
    Issued::new(&tokens, pair, in_cookies)
}

/// Ends the sign-in of the token, key or session, or with `?all=true` all sign-ins of the user, for
/// which a key needs the scope `sign-ins`.
#[post("/logout?<all>", data = "<user>")]
pub(super) async fn logout(
    user: TokenBody<AnyUser>,
    tokens: Tokens<'_>,
    sign_ins: SignIns<'_>,
    _query: KnownQuery,
    all: Option<&str>,
) -> Result<status::NoContent, Error> {
    // Another value, or another name, is an error: ignored, it would end fewer sign-ins than intended.
    let all = flag("all", all)?;
    JsonBody::from(user.fields().clone()).finish()?;
    sign_out(&user, &sign_ins, all).await?;
    if user.authentication().location() == Some(Location::Cookies) {
        tokens.unset_cookies();
    }
    Ok(status::NoContent)
}

/// Adds a user; it is not signed in. Where an address is required, sends a link that makes the account,
/// and responds the same if an account has the address.
#[post("/register", data = "<body>")]
pub(super) async fn register(
    accounts: &State<Accounts>,
    source: RequestSource,
    mut body: JsonBody,
) -> Result<Either<status::Custom<Json<Me>>, Status>, Error> {
    let is_required = accounts.addresses() == AddressPolicy::Required;
    let email = is_required.then(|| body.text("email"));
    let registration = Registration {
        username: body.text("username"),
        full_name: body.optional_text("full_name").unwrap_or_default(),
        password: body.text("password").into(),
        role: Role::User,
        source,
    };
    let role = body.optional_text("role");
    body.finish()?;
    if role.is_some_and(|role| role != Role::User.as_str()) {
        return Err(Error::new(ErrorKind::Forbidden).detail(ROLE_LATER));
    }
    if let Some(email) = email {
        accounts.register_address(&registration, &email).await?;
        return Ok(Either::Right(Status::Accepted));
    }
    let user = accounts.register(&registration).await?;
    Ok(Either::Left(status::Custom(Status::Created, Json(Me::from(&user)))))
}
