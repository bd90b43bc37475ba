use proptest::prelude::*;
use url::Url;
use vestibule::LocalPath;

use crate::inputs::{changed, changes, check, one_of};

#[test]
fn a_local_path_is_on_the_same_site_for_a_browser_and_reads_the_same_again() {
    let pages = ["https://example.org/login?next=%2F", "http://example.org:8000/a/b/"];
    let pages = pages.map(|page| Url::parse(page).expect("a page"));
    let seeds = [
        "/",
        "/dashboard?tab=2#top",
        "/a/b/../c",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%2f%2fevil.example",
        "/.//evil.example",
        "/..//evil.example",
        "/%2e%2e/%2e//x",
        "/a%5cb",
        "/a:b@c/d",
        "/caf%C3%A9",
        "/?next=//evil.example",
        "javascript:alert(1)",
        "/;/x",
        "///",
        "/\t/evil.example",
    ];
    let seeds = one_of(&seeds);
    let text = prop_oneof![3 => seeds, 1 => "[/\\\\]{1,3}.{0,20}", 1 => "/[a-z]{0,4}[/\\\\.%0-9a-fA-F:@?#;]{0,20}"];
    check(&(text, changes(4)), |(text, changes)| {
        let text = changed(&text, &changes);
        let Some(path) = LocalPath::parse(&text) else { return Ok(()) };
        let again = LocalPath::parse(path.as_str());
        prop_assert_eq!(again.as_ref(), Some(&path), "{:?}", text);
        for page in &pages {
            let target = page.join(path.as_str());
            let target =
                target.map_err(|error| TestCaseError::fail(format!("{error}: {text:?}")))?;
            prop_assert_eq!(target.origin(), page.origin(), "{:?}", text);
            // A second redirect to what the browser then shows stays as well.
            prop_assert!(!target.path().starts_with("//"), "{:?}", text);
            prop_assert!(target.username().is_empty() && target.password().is_none(), "{:?}", text);
        }
        Ok(())
    });
}
