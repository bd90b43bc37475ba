//! Links between the pages of lists (RFC 8288).

use std::collections::BTreeSet;

use crate::support::actor::Reply;
use crate::support::app::on_both;

/// The address of the link with this relation.
fn link(reply: &Reply, relation: &str) -> Option<String> {
    let links = reply.header("link")?.split(", ");
    let found = links
        .filter_map(|link| link.strip_suffix(&format!(">; rel=\"{relation}\""))?.strip_prefix('<'));
    found.map(str::to_owned).next()
}

/// Follows `next` from this page on and returns the ids of all entries.
fn ids(get: impl Fn(&str) -> Reply, first: &str, list: &str) -> Vec<i64> {
    let (mut ids, mut next) = (Vec::new(), Some(first.to_owned()));
    for _ in 0..20 {
        let Some(path) = next else { return ids };
        let page = get(&path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let entries = page.json()[list].as_array().expect("a list").clone();
        ids.extend(entries.iter().map(|entry| entry["id"].as_i64().expect("an id")));
        next = link(&page, "next");
    }
    panic!("a list without an end")
}

#[test]
fn following_the_links_reads_every_entry_once() {
    on_both(|app| {
        let rows: Vec<_> = (0..120)
            .map(|n| format!("('page{n:03}', 'page{n:03}', 'none', 'user', TRUE, 0)"))
            .collect();
        app.sql(&format!(
            "INSERT INTO users (username, username_key, password_hash, role, active, created_at) VALUES {}",
            rows.join(", ")
        ));
        let admin = app.token("admin");
        let users = ids(|path| admin.get(path), "/api/users?q=page&active=true", "users");
        assert_eq!((users.len(), users.iter().collect::<BTreeSet<_>>().len()), (120, 120));

        let first = admin.get("/api/users?q=page%30&page=1");
        assert_eq!(link(&first, "first"), Some("/api/users?q=page%30&page=1".to_owned()));
        assert_eq!(link(&first, "prev"), None);
        assert_eq!(link(&first, "next"), Some("/api/users?q=page%30&page=2".to_owned()));
        let one = admin.get("/api/users?q=page007");
        assert_eq!((link(&one, "next"), link(&one, "last").is_some()), (None, true));

        for _ in 0..60 {
            app.token("user_01");
        }
        let (mut events, user) = (0, app.token("user_01"));
        let seen = ids(|path| user.get(path), "/api/events", "events");
        events += seen.len();
        assert!(events > 60, "{events}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), events);
    });
}
