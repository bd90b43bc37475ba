//! What the kit adds to requests and answers of Rocket's local clients.

use rocket::http::HeaderMap;
use rocket::local::{asynchronous, blocking};

use crate::testing::Credential;
use crate::testing::credential::Put;

/// A request of a local client that can act as somebody.
pub trait ActAs: Sized {
    /// Presents the credential on this request: the cookie of a session, or a token in the
    /// first of the enabled locations header and cookies, there with its CSRF value. The
    /// session was given to this very client: set a `remote` address or a `User-Agent` before,
    /// or session protection takes the request for another's.
    ///
    /// # Panics
    /// When the client's application has no `Auth::fairing()`, or takes tokens in neither
    /// place.
    #[must_use]
    fn act_as(self, who: &Credential) -> Self;
}

/// An answer of a local client that can be held to the session policy.
pub trait AssertNoCookies: Sized {
    /// Holds the answer to carrying no cookie, and gives it back.
    ///
    /// # Panics
    /// When it carries one: with the names of all of them, and never their values.
    fn assert_no_cookies(self) -> Self;
}

macro_rules! act_as {
    ($request:ty) => {
        impl ActAs for $request {
            #[track_caller]
            fn act_as(self, who: &Credential) -> Self {
                let puts = who.put_on(self.inner()).unwrap_or_else(|why| panic!("{why}"));
                puts.into_iter().fold(self, |request, put| match put {
                    Put::Private(cookie) => request.private_cookie(cookie),
                    Put::Plain(cookie) => request.cookie(cookie),
                    Put::Header(header) => request.header(header),
                })
            }
        }
    };
}

macro_rules! assert_no_cookies {
    ($response:ty) => {
        impl AssertNoCookies for $response {
            #[track_caller]
            fn assert_no_cookies(self) -> Self {
                let names = cookie_names(self.headers());
                assert!(names.is_empty(), "cookies on the answer: {}", names.join(", "));
                self
            }
        }
    };
}

act_as!(asynchronous::LocalRequest<'_>);
act_as!(blocking::LocalRequest<'_>);
assert_no_cookies!(asynchronous::LocalResponse<'_>);
assert_no_cookies!(blocking::LocalResponse<'_>);

fn cookie_names(headers: &HeaderMap<'_>) -> Vec<String> {
    let cookies = headers.get("Set-Cookie");
    let names = cookies.map(|cookie| cookie.split(['=', ';']).next().unwrap_or_default());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    // Rocket's jar has them in no order.
    names.sort();
    names
}
