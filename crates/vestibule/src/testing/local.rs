//! Extends the requests and responses of Rocket's local clients.

use rocket::http::HeaderMap;
use rocket::local::{asynchronous, blocking};

use crate::testing::test_sign_in::{RequestPart, TestSignIn};

/// A request of a local client that can present a sign-in.
pub trait ActAs: Sized {
    /// Presents the sign-in's credential on this request: a session in its cookie, a token in the
    /// header or, if that is not enabled, in its cookie with its CSRF value. Set a `remote` address
    /// or a `User-Agent` before: session protection compares them with those of the cookie.
    ///
    /// # Panics
    /// If the client's application has no `Auth::fairing()`, or takes tokens in neither location.
    #[must_use]
    fn act_as(self, sign_in: &TestSignIn) -> Self;
}

/// A response of a local client that can be checked against the session policy.
pub trait AssertNoCookies: Sized {
    /// Asserts that the response sets no cookie, and returns it.
    ///
    /// # Panics
    /// If it sets one: with the names of all of them, and never their values.
    fn assert_no_cookies(self) -> Self;
}

macro_rules! extend_client {
    ($client:ident) => {
        impl ActAs for $client::LocalRequest<'_> {
            #[track_caller]
            fn act_as(self, sign_in: &TestSignIn) -> Self {
                let parts = sign_in.parts(self.inner()).unwrap_or_else(|error| panic!("{error}"));
                parts.into_iter().fold(self, |request, part| match part {
                    RequestPart::PrivateCookie(cookie) => request.private_cookie(cookie),
                    RequestPart::Cookie(cookie) => request.cookie(cookie),
                    RequestPart::Header(header) => request.header(header),
                })
            }
        }

        impl AssertNoCookies for $client::LocalResponse<'_> {
            #[track_caller]
            fn assert_no_cookies(self) -> Self {
                let names = cookie_names(self.headers());
                assert!(names.is_empty(), "cookies on the answer: {}", names.join(", "));
                self
            }
        }
    };
}

extend_client!(asynchronous);
extend_client!(blocking);

fn cookie_names(headers: &HeaderMap<'_>) -> Vec<String> {
    let cookies = headers.get("Set-Cookie");
    let names = cookies.map(|cookie| cookie.split(['=', ';']).next().unwrap_or_default());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    // Rocket's jar keeps no order.
    names.sort();
    names
}
