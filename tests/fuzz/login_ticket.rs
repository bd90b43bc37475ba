use proptest::prelude::*;

use crate::authenticator::Authenticator;
use crate::inputs::{changed, changes, check};
use crate::service::Service;
use crate::support::app::password;

/// The ticket of a browser after the password, for the second step.
fn ticket(service: &Service, username: &str) -> String {
    let browser = service.app.anonymous();
    browser.post_form("/login", &[("username", username), ("password", password(username))]);
    let jar = browser.jar.borrow();
    jar.get("vestibule_ticket").expect("a login ticket").clone()
}

#[test]
fn no_text_but_a_login_ticket_leads_to_a_second_step() {
    let service = Service::new();
    service.add_one(&mut Authenticator::new(1));
    let tickets = [ticket(&service, "user_01"), ticket(&service, "user_01")];
    let owner = service.app.id("user_01");
    let parts = (prop::sample::select(tickets.to_vec()), prop::sample::select(tickets.to_vec()));
    check(&(parts, any::<prop::sample::Index>(), changes(2)), |((one, other), at, changes)| {
        // The beginning of one and the end of another.
        let at = at.index(one.len() + 1);
        let text = changed(&format!("{}{}", &one[..at], &other[at.min(other.len())..]), &changes);
        let expected = tickets.contains(&text).then_some(owner);
        prop_assert_eq!(service.owner_of(&text), expected, "{}", text);
        Ok(())
    });
}
