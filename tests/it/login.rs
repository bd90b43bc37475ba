//! Logging in and out through the form.

use crate::support::app::on_both;

#[test]
fn a_person_logs_in_sees_the_dashboard_and_logs_out() {
    on_both(|app| {
        let person = app.session("user_01");
        let page = person.get("/dashboard");
        assert_eq!(page.status, 200);
        assert!(page.body.contains("user_01"));

        let cookies = person.jar.borrow().clone();
        let out = person.post("/logout");
        assert_eq!((out.status, out.location()), (303, "/"));
        assert!(person.jar.borrow().is_empty(), "the cookie is taken back");

        person.jar.replace(cookies);
        let replayed = person.get("/dashboard");
        assert_eq!((replayed.status, replayed.location()), (303, "/login?next=%2Fdashboard"));
    });
}
