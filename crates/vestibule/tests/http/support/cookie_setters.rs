//! Everything in an application that may try to set a cookie.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Cookie, CookieJar, Header, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};
use rocket::response::{self, Flash, Responder, Response};
use rocket::{Data, Request, Route, get, post, routes};

/// Requests with this header have cookies set by everything here.
pub(crate) const SET_COOKIES: &str = "X-Sneak";

fn wants(request: &Request<'_>) -> bool {
    request.headers().contains(SET_COOKIES)
}

/// Another fairing: sets a cookie through the jar on the way in and a raw header on the way
/// out.
pub(crate) struct CookieSetter(pub(crate) &'static str);

#[rocket::async_trait]
impl Fairing for CookieSetter {
    fn info(&self) -> Info {
        Info { name: self.0, kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if wants(request) {
            request.cookies().add((self.0.replace(' ', "-"), "in"));
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if wants(request) {
            response.adjoin_header(Header::new("Set-Cookie", format!("{}=out", self.0)));
            response.adjoin_raw_header("sEt-cOOkie", "odd=case");
        }
    }
}

/// Another guard that sets a cookie.
struct CookieSettingGuard;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CookieSettingGuard {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        request.cookies().add(("guard", "1"));
        request.cookies().add_private(("private-guard", "1"));
        Outcome::Success(Self)
    }
}

/// What the catcher of the application adds.
pub(crate) fn set_from_catcher(request: &Request<'_>) {
    if wants(request) {
        request.cookies().add(("catcher", "1"));
    }
}

/// A response of any status with a raw `Set-Cookie` header.
struct Raw(Status);

impl<'r> Responder<'r, 'static> for Raw {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let cookie = Header::new("Set-Cookie", "raw=1; Path=/");
        Response::build().status(self.0).header(cookie).ok()
    }
}

/// A response of any status, without the catchers.
type Plain = (Status, &'static str);

#[get("/plain/<status>")]
fn plain(status: u16, jar: &CookieJar<'_>) -> Plain {
    jar.add(("plain", "1"));
    (Status::new(status), "")
}

#[get("/private/<status>")]
fn private(status: u16, jar: &CookieJar<'_>) -> Plain {
    jar.add_private(Cookie::new("private", "1"));
    (Status::new(status), "")
}

#[get("/flash/<status>")]
fn flash(status: u16) -> Flash<Plain> {
    Flash::success((Status::new(status), ""), "done")
}

#[get("/raw/<status>")]
fn raw(status: u16) -> Raw {
    Raw(Status::new(status))
}

#[get("/guard/<status>")]
fn guard(status: u16, _sneaky: CookieSettingGuard) -> Plain {
    (Status::new(status), "")
}

#[post("/guard/<status>")]
fn guard_by_post(status: u16, _sneaky: CookieSettingGuard) -> Plain {
    (Status::new(status), "")
}

/// Goes through the catchers, whose cookies are the only ones that Rocket keeps.
#[get("/caught/<status>")]
fn caught(status: u16, jar: &CookieJar<'_>) -> Status {
    jar.add(("lost", "1"));
    Status::new(status)
}

#[get("/panic")]
fn panics(jar: &CookieJar<'_>) -> &'static str {
    jar.add(("panic", "1"));
    panic!("on purpose")
}

pub(crate) fn routes() -> Vec<Route> {
    routes![plain, private, flash, raw, guard, guard_by_post, caught, panics]
}

/// Every path on which a cookie is tried, with the status of its response.
pub(crate) fn paths() -> Vec<(String, u16)> {
    let mut paths = Vec::new();
    for status in [200, 201, 204, 303, 400, 401, 403, 404, 405, 409, 415, 422, 500] {
        for kind in ["plain", "private", "flash", "raw", "guard"] {
            paths.push((format!("/cookies/{kind}/{status}"), status));
        }
        if status >= 400 {
            paths.push((format!("/cookies/caught/{status}"), status));
        }
    }
    paths.push(("/cookies/panic".to_owned(), 500));
    paths.push(("/cookies/nowhere".to_owned(), 404));
    paths
}
