//! A change by one request takes effect with the next one, although sign-ins are cached.

use rocket::figment::Figment;
use serde_json::json;

use crate::support::actor::{Actor, Reply};
use crate::support::app::{TestApp, on_both, on_both_with};

/// A cache so long that a test notices an entry that is not invalidated.
fn long_cache(figment: Figment) -> Figment {
    figment.merge(("auth.revocation_delay", "10h"))
}

/// A session and a token of `user_01`, both in the cache.
fn remembered(app: &TestApp) -> (Actor<'_>, Actor<'_>) {
    let (person, program) = (app.session("user_01"), app.token("user_01"));
    assert_eq!((person.get("/dashboard").status, program.get("/api/me").status), (200, 200));
    (person, program)
}

fn assert_out(person: &Actor<'_>, program: &Actor<'_>) {
    program.get("/api/me").assert_problem(401, "token_revoked");
    assert_eq!(person.get("/dashboard").status, 303);
}

/// Every change of an account that an administrator can make, over the API and on pages.
#[test]
fn what_an_administrator_does_counts_with_the_next_request() {
    on_both_with(long_cache, |app| {
        let (api, pages) = (app.token("admin"), app.session("admin"));
        let id = app.id("user_01");
        let (user, page) = (format!("/api/users/{id}"), format!("/admin/users/{id}"));
        let done = |reply: Reply| assert!([200, 204, 303].contains(&reply.status), "{reply:?}");
        let role = |actor: &Actor<'_>| actor.get("/api/users").status;

        let (person, program) = remembered(&app);
        assert_eq!((role(&program), person.get("/admin/users").status), (403, 403));
        done(api.patch_json(&user, &json!({ "role": "admin" })));
        assert_eq!((role(&program), person.get("/admin/users").status), (200, 200));
        done(pages.post_form(&format!("{page}/role"), &[("role", "user")]));
        assert_eq!((role(&program), person.get("/admin/users").status), (403, 403));

        done(api.patch_json(&user, &json!({ "full_name": "Ann Example" })));
        assert_eq!(program.get("/api/me").json()["full_name"], "Ann Example");

        done(api.patch_json(&user, &json!({ "active": false })));
        assert_out(&person, &program);
        done(api.patch_json(&user, &json!({ "active": true })));
        let (person, program) = remembered(&app);
        done(pages.post_form(&format!("{page}/active"), &[("active", "false")]));
        assert_out(&person, &program);
        done(pages.post_form(&format!("{page}/active"), &[("active", "true")]));

        let (person, program) = remembered(&app);
        done(api.delete(&format!("{user}/sign-ins")));
        assert_out(&person, &program);
        let (person, program) = remembered(&app);
        done(pages.post_form(&format!("{page}/end-sign-ins"), &[]));
        assert_out(&person, &program);

        let (person, program) = remembered(&app);
        done(api.delete(&user));
        assert_out(&person, &program);
    });
}

#[test]
fn what_people_do_themselves_counts_with_the_next_request() {
    on_both_with(long_cache, |app| {
        let (person, program) = remembered(&app);
        assert_eq!(program.post("/api/logout").status, 204);
        program.get("/api/me").assert_problem(401, "token_revoked");
        assert_eq!(person.get("/dashboard").status, 200);

        let (other, program) = remembered(&app);
        assert_eq!(person.post("/logout").status, 303);
        assert_eq!((other.get("/dashboard").status, program.get("/api/me").status), (200, 200));

        let acting = app.token("user_01");
        let change = json!({ "current_password": "1234", "new_password": "correct horse" });
        assert_eq!(acting.post_json("/api/password", &change).status, 204);
        assert_out(&other, &program);
        assert_eq!(acting.get("/api/me").status, 200);
    });
}

#[test]
fn a_change_that_is_refused_leaves_everybody_as_they_were() {
    on_both_with(long_cache, |app| {
        let admin = app.token("admin");
        let path = format!("/api/users/{}", app.id("admin"));
        let last = admin.patch_json(&path, &json!({ "active": false }));
        last.assert_problem(409, "last_administrator");
        assert_eq!(admin.get("/api/me").status, 200);
    });
}

#[test]
fn what_another_process_does_counts_after_the_delay() {
    on_both(|app| {
        let neighbour = app.neighbour();
        let (person, program) = remembered(&app);
        let (there, elsewhere) = (person.at(&neighbour), program.at(&neighbour));
        assert_eq!((there.get("/dashboard").status, elsewhere.get("/api/me").status), (200, 200));
        let admin = app.token("admin");
        let path = format!("/api/users/{}", app.id("user_01"));
        assert_eq!(admin.patch_json(&path, &json!({ "active": false })).status, 200);
        assert_out(&person, &program);
        assert_eq!((there.get("/dashboard").status, elsewhere.get("/api/me").status), (200, 200));
        app.clock.advance(std::time::Duration::from_secs(1));
        assert_out(&there, &elsewhere);
    });
}
