//! Access keys are created only where a header can present them.

use rocket::{post, routes};
use serde_json::json;
use vestibule::access_keys::{AccessKeys, KeyRequest};
use vestibule::guards::Fresh;
use vestibule::{Error, SessionUser};

use crate::support::app::Setup;
use crate::support::users::{ALICE, User};

#[post("/keys")]
async fn make(user: Fresh<SessionUser<User>>, keys: AccessKeys<'_>) -> Result<String, Error> {
    let new = KeyRequest { label: "backup".to_owned(), ..KeyRequest::default() };
    Ok(keys.make(user.account(), new).await?.key.as_str().to_owned())
}

#[test]
fn where_no_header_is_looked_at_no_key_is_made() {
    for (locations, status) in [
        (json!(["header"]), 200),
        (json!(["cookies", "header"]), 200),
        (json!(["cookies"]), 404),
        (json!(["query", "json"]), 404),
    ] {
        let setup = Setup::new().mount(routes![make]);
        let app = setup.set("auth.token.locations", locations.clone()).launch();
        let session = app.browser(ALICE);
        let reply = app.post("/keys").cookie(&session).send();
        assert_eq!(reply.status, status, "{locations}: {}", reply.body);
    }
}
