//! The methods of a path, and a form that asks for HEAD, which Rocket cannot answer.

use rocket::http::{Header, Method, Status};
use rocket::response::Responder;
use rocket::{Data, Request, Response};

use crate::credentials::RequestState;
use crate::error::problem::Problem;
use crate::error::{Error, ErrorKind};

/// The methods of the routes at a path, in alphabetical order; `HEAD` is among them if `GET` is.
pub(super) fn methods_at(request: &Request<'_>, path: &str) -> Vec<Method> {
    let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let routes = request.rocket().routes();
    let at_path = routes.filter(|route| matches_template(route.uri.path(), &path));
    let mut methods: Vec<Method> = at_path.map(|route| route.method).collect();
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

/// Takes a form that asks for HEAD off every route.
///
/// Rocket turns a POST with the form field `_method=head` into a HEAD and strips the body of the
/// response, but announces its length: hyper still waits for that body and closes the connection
/// without a response. The request is not made a POST again, because a HEAD with this body looks
/// the same, and a proxy may admit or repeat a HEAD where it would not a POST.
pub(super) async fn divert_head(request: &mut Request<'_>, data: &mut Data<'_>) {
    let is_form = |request: &Request<'_>| request.content_type().is_some_and(|kind| kind.is_form());
    if request.method() == Method::Head && is_form(request) && !data.peek(1).await.is_empty() {
        RequestState::of(request).mark_diverted_head();
        // The method that no application has a route for.
        request.set_method(Method::Connect);
    }
}

/// Makes the 404 to a diverted HEAD a 405 if its path has routes.
pub(super) fn refuse_diverted_head<'r>(request: &'r Request<'_>, response: &mut Response<'r>) {
    if response.status() != Status::NotFound || !RequestState::of(request).is_diverted_head() {
        return;
    }
    let methods = methods_at(request, request.uri().path().as_str());
    let problem = Problem::from(Error::new(ErrorKind::MethodNotAllowed));
    if let (false, Ok(problem)) = (methods.is_empty(), problem.respond_to(request)) {
        response.merge(problem);
        let names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
        response.set_header(Header::new("Allow", names.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_matches_its_paths_only() {
        for (template, path, matches) in [
            ("/", &[][..], true),
            ("/users/<id>", &["users", "1"], true),
            ("/users/<id>", &["users"], false),
            ("/files/<path..>", &["files"], true),
            ("/files/<path..>", &["files", "a", "b"], true),
            ("/users", &["user"], false),
        ] {
            assert_eq!(matches_template(template, path), matches, "{template} {path:?}");
        }
    }
}
