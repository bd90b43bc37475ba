//! The header `Link` of lists in pages (RFC 8288).

use rocket::Request;
use rocket::http::RawStr;
use rocket::http::uri::Origin;
use rocket::response::{self, Responder};
use serde::Serialize;

use crate::http::Json;
use crate::settings::Settings;

/// A page of a list, with links to others.
pub(super) struct Linked<T> {
    body: T,
    /// The parameter of the query that names a page.
    parameter: &'static str,
    /// Relation and page of each link.
    links: Vec<(&'static str, i64)>,
}

impl<T> Linked<T> {
    /// A page with a number, from 1 to `pages`.
    pub(super) fn by_number(body: T, page: i64, pages: i64) -> Self {
        let next = page.saturating_add(1);
        let all = [("first", 1), ("prev", page - 1), ("next", next), ("last", pages)];
        let exists = |(_, number): &(&str, i64)| (1..=pages).contains(number);
        Self { body, parameter: "page", links: all.into_iter().filter(exists).collect() }
    }

    /// A page of events; `next` is the `before` of the next.
    pub(super) fn before(body: T, next: Option<i64>) -> Self {
        Self { body, parameter: "before", links: next.map(|id| ("next", id)).into_iter().collect() }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Linked<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Json(self.body).respond_to(request)?;
        let settings = request.rocket().state::<Settings>();
        let token = settings.map_or("", |settings| &settings.auth.token.query.name);
        let links = self.links.iter().map(|(relation, page)| {
            let uri = with_parameter(request.uri(), token, self.parameter, *page);
            format!("<{uri}>; rel=\"{relation}\"")
        });
        let links: Vec<_> = links.collect();
        if !links.is_empty() {
            response.set_raw_header("Link", links.join(", "));
        }
        Ok(response)
    }
}

/// Returns path and query with this value of a parameter, and without the one that may hold a token.
/// What the client sent stays encoded, so it cannot end the link.
fn with_parameter(uri: &Origin<'_>, token: &str, parameter: &str, value: i64) -> String {
    let is_other = |field: &&RawStr| {
        let name = field.split_at_byte(b'=').0.url_decode_lossy();
        !field.is_empty() && name != parameter && name != token
    };
    let fields = uri.query().into_iter().flat_map(|query| query.raw_segments());
    let mut fields: Vec<_> = fields.filter(is_other).map(ToString::to_string).collect();
    fields.push(format!("{parameter}={value}"));
    format!("{}?{}", uri.path(), fields.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_the_other_parameters_as_they_were_sent() {
        for (uri, link) in [
            ("/api/users", "/api/users?page=2"),
            ("/api/users?page=1", "/api/users?page=2"),
            ("/api/users?jwt=a.b.c&page=1", "/api/users?page=2"),
            ("/api/users?%6awt=a.b.c&pa%67e=1", "/api/users?page=2"),
            ("/api/users?q=a%3E%22b&page=1&role=admin", "/api/users?q=a%3E%22b&role=admin&page=2"),
        ] {
            let uri = Origin::parse(uri).expect("an address");
            assert_eq!(with_parameter(&uri, "jwt", "page", 2), link);
        }
    }
}
