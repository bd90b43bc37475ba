//! The methods of a path, for 405: Rocket responds with 404 where only the method is wrong.

use rocket::Request;
use rocket::http::Method;

/// Returns the methods of the routes that match this request's path.
pub(super) fn methods(request: &Request<'_>) -> Vec<Method> {
    let path: Vec<&str> = request.uri().path().segments().collect();
    let mut methods: Vec<Method> = request
        .rocket()
        .routes()
        .filter(|route| matches_template(route.uri.path(), &path))
        .map(|route| route.method)
        .collect();
    if methods.contains(&Method::Get) {
        methods.push(Method::Head);
    }
    methods.sort_by_key(|method| method.as_str());
    methods.dedup();
    methods
}

/// Whether these segments of a path match a route's template.
fn matches_template(template: &str, path: &[&str]) -> bool {
    let mut expected = template.split('/').filter(|segment| !segment.is_empty());
    let mut actual = path.iter();
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return true,
            (Some(segment), _) if segment.starts_with('<') && segment.ends_with("..>") => {
                return true;
            }
            (Some(segment), Some(_)) if segment.starts_with('<') => {}
            (Some(segment), Some(part)) if segment == *part => {}
            _ => return false,
        }
    }
}

/// Whether a route takes GET at this local path.
#[must_use]
pub fn is_page(request: &Request<'_>, path: &str) -> bool {
    let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut pages = request.rocket().routes().filter(|route| route.method == Method::Get);
    pages.any(|route| matches_template(route.uri.path(), &path))
}
