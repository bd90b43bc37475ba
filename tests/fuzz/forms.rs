use std::collections::HashSet;

use proptest::prelude::*;
use rocket::http::ContentType;
use url::form_urlencoded;
use vestibule::LocalPath;

use crate::inputs::{changed, changed_bytes, changes, check, one_of};
use crate::support::app::{On, TestApp};

/// The pairs of a form by the `url` crate.
fn pairs_of(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Where the form leads that has lost its ticket: to the page that `next` names, if it is one of this site.
fn target(pairs: &[(String, String)]) -> String {
    let next = pairs.iter().find(|(name, _)| name == "next").map(|(_, value)| value.as_str());
    let path = next.and_then(LocalPath::parse);
    path.map_or_else(|| "/dashboard".to_owned(), |path| path.to_string())
}

/// `/login/second` reads its form and, without a ticket, only redirects.
#[test]
fn a_form_is_read_as_it_was_encoded_refused_if_a_field_is_there_twice_and_leads_to_no_other_site() {
    let app = TestApp::new(On::Sqlite, &|figment| figment);
    let name =
        prop::sample::select(&["next", "code", "trust", "next ", "next[]", "other", "é"][..]);
    let seeds = [
        "/dashboard?tab=2",
        "//evil.example",
        "/a b",
        "123456",
        "on",
        "",
        "/é",
        "/%2fevil.example",
    ];
    let value = (one_of(&seeds), changes(2));
    let value = value.prop_map(|(text, changes)| changed(&text, &changes));
    let pairs = prop::collection::vec((name, value), 0..5);
    let bytes = prop_oneof![1 => Just(Vec::new()), 1 => changes(3)];
    check(&(pairs, bytes), |(pairs, bytes)| {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let body = changed_bytes(encoded.as_bytes(), &bytes);
        let request = app.client.post("/login/second").header(ContentType::Form).body(&body);
        let response = request.dispatch();
        let shown = || String::from_utf8_lossy(&body).into_owned();
        let status = response.status().code;
        prop_assert!(matches!(status, 303 | 400 | 413 | 422), "{}: {}", status, shown());
        let sent = pairs_of(&body);
        let names: HashSet<_> = sent.iter().map(|(name, _)| name).collect();
        if status == 303 {
            prop_assert_eq!(names.len(), sent.len(), "a field is twice in {}", shown());
            let location = response.headers().get_one("Location").unwrap_or_default();
            let (page, query) = location.split_once('?').unwrap_or((location, ""));
            prop_assert_eq!(page, "/login", "{}", shown());
            let next = pairs_of(query.as_bytes()).into_iter().find(|(name, _)| name == "next");
            let next = next.map(|(_, value)| value);
            let is_local = next.as_deref().is_none_or(|next| LocalPath::parse(next).is_some());
            prop_assert!(is_local, "{:?} of {}", location, shown());
            // `next[]` is the same field to Rocket.
            if bytes.is_empty() && !names.contains(&"next[]".to_owned()) {
                prop_assert_eq!(next, Some(target(&sent)), "{}", shown());
            }
        } else if bytes.is_empty() && status != 413 {
            let keys: HashSet<_> =
                sent.iter().map(|(name, _)| name.trim_end_matches("[]")).collect();
            prop_assert!(keys.len() < sent.len(), "{}: {}", status, shown());
        }
        Ok(())
    });
}
