//! Which methods a path takes: Rocket answers 404 where only the method is wrong.

use rocket::Request;
use rocket::http::Method;

/// The methods of the routes that match this request's path; empty when there are none.
pub(super) fn methods(request: &Request<'_>) -> Vec<Method> {
    let path: Vec<_> = request.uri().path().segments().map(str::to_owned).collect();
    let matches = |template: &str| {
        let mut wanted = template.split('/').filter(|segment| !segment.is_empty());
        let mut found = path.iter();
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(segment), _) if segment.starts_with('<') && segment.ends_with("..>") => {
                    return true;
                }
                (Some(segment), Some(_)) if segment.starts_with('<') => {}
                (Some(segment), Some(part)) if segment == part => {}
                _ => return false,
            }
        }
    };
    let mut methods: Vec<Method> = request
        .rocket()
        .routes()
        .filter(|route| matches(route.uri.path()))
        .map(|route| route.method)
        .collect();
    if methods.contains(&Method::Get) {
        methods.push(Method::Head);
    }
    methods.sort_by_key(|method| method.as_str());
    methods.dedup();
    methods
}
