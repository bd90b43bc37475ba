//! What all pages about one user need.

use rocket::outcome::{Outcome, try_outcome};
use rocket::request::{self, FromRequest, Request};
use rocket::{Ignite, Rocket, Sentinel, State, uri};
use rocket_dyn_templates::context;

use super::super::form::{FormReply, FormResult};
use super::super::notice::{Flash, ShownNotice};
use super::super::renderer::{Page, Renderer, Title, format_time};
use crate::accounts::audit::{Actor, RequestSource};
use crate::accounts::queries::{self, UserFilter};
use crate::accounts::{Accounts, AdminPageChange, User};
use vestibule::guards::Authenticated;
use vestibule::{Error, ErrorKind};

/// Guard: reads users and renders the pages about one of them. It proves nothing about the
/// client: use it beside a guard of administrators.
pub(in crate::web) struct AdminContext<'r> {
    pub(super) accounts: &'r State<Accounts>,
    pub(super) renderer: Renderer<'r>,
    pub(super) flash: Flash<'r>,
    source: RequestSource,
}

impl AdminContext<'_> {
    /// Returns the user whose id is in the path.
    pub(super) async fn user(&self, id: &str) -> Result<User, Error> {
        let id = User::id_of(id)?;
        let user = self.accounts.run(move |connection| queries::find(connection, id)).await?;
        user.ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Returns a page of the users that fit a filter, and their total.
    pub(super) async fn users(
        &self,
        filter: &UserFilter,
        page: i64,
    ) -> Result<(Vec<User>, i64), Error> {
        let filter = filter.clone();
        self.accounts.run(move |connection| queries::page(connection, &filter, page)).await
    }

    pub(super) fn actor(&self, admin: &AdminPageChange) -> Result<Actor, Error> {
        self.accounts.actor(admin, self.source)
    }

    pub(super) fn source(&self) -> RequestSource {
        self.source
    }

    /// Renders the page of a user.
    pub(super) async fn page(
        &self,
        admin: &User,
        user: &User,
        (fresh, notice): (bool, Option<ShownNotice>),
        error: Option<&Error>,
    ) -> Result<Page, Error> {
        let language = self.renderer.language(Some(admin));
        let values = context! {
            account: context! {
                id: user.id,
                username: &user.username,
                full_name: &user.full_name,
                email: &user.email,
                role: user.role,
                active: user.active,
                has_second_factor: user.has_second_factor(),
                created_at: format_time(user.created_at),
            },
            sign_ins: self.accounts.sign_ins(user, 1).await?.1,
            link_expires_at: self.accounts.link_expiry(user).await?.map(format_time),
            is_oneself: user.id == admin.id,
            href: uri!(super::user::page(id = user.id.to_string())).to_string(),
            fresh,
            notice,
            error: error.map(|error| language.sentence(error.message())),
        };
        Ok(self.renderer.page("user", Title::Text(&user.username), Some(admin), values))
    }

    /// Shows the page again with the error `last_administrator`; any other error is returned.
    pub(super) async fn again(
        &self,
        error: Error,
        admin: &AdminPageChange,
        id: &str,
    ) -> FormResult {
        if error.kind() != ErrorKind::LastAdministrator {
            return Err(error);
        }
        let (user, admin) = (self.user(id).await?, admin.authentication().account());
        let page = self.page(admin, &user, (true, None), Some(&error)).await?;
        Ok(FormReply::Again(error.with_page(|_| page)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AdminContext<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let accounts = try_outcome!(<&State<Accounts>>::from_request(request).await);
        let renderer = Renderer::from_request(request).await.map_error(|(status, _)| (status, ()));
        let renderer = try_outcome!(renderer);
        let source = RequestSource::of(request);
        Outcome::Success(Self { accounts, renderer, flash: Flash::of(request), source })
    }
}

impl Sentinel for AdminContext<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        <&State<Accounts>>::abort(rocket) || Renderer::abort(rocket)
    }
}
