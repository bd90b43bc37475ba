//! The flash cookie, which holds a notice for the next page. Rocket sets it without `HttpOnly` and
//! `Secure`; here it gets the attributes of the other cookies.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Request, Response};

/// Makes the flash cookie `HttpOnly`, and `Secure` where the session's is.
pub(super) struct FlashCookie {
    pub(super) secure: bool,
}

#[rocket::async_trait]
impl Fairing for FlashCookie {
    fn info(&self) -> Info {
        Info { name: "Flash cookie", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        let is_flash = |field: &str| field.starts_with("_flash=");
        // A response has few headers: one pass over them costs less than a look-up by name.
        if !response.headers().iter().any(|header| header.name() == "Set-Cookie") {
            return;
        }
        let fields: Vec<_> = response.headers().get("Set-Cookie").map(str::to_owned).collect();
        if !fields.iter().any(|field| is_flash(field)) {
            return;
        }
        let missing = if self.secure { "; HttpOnly; Secure" } else { "; HttpOnly" };
        response.remove_header("Set-Cookie");
        for mut field in fields {
            if is_flash(&field) {
                field += missing;
            }
            response.adjoin_header(Header::new("Set-Cookie", field));
        }
    }
}
