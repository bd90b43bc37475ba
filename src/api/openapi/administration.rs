//! What the document says of the operations of administrators.

use serde_json::json;
use vestibule::ErrorKind;

use super::operation::{Content, Operation};
use super::schemas::{Introspection, IntrospectionForm, NewUserBody, UserChangeBody};
use crate::accounts::audit::Entry;
use crate::api::password_links::PasswordLinkView;
use crate::api::sign_ins::SignInPage;
use crate::api::users::{AddedUserView, UserPage, UserView};

/// Returns the operations of administrators.
pub(super) fn users() -> Vec<Operation> {
    use ErrorKind as K;
    vec![
        Operation::new("GET /api/users", "listUsers", "Returns users by user name.")
            .takes("q", json!({ "type": "string" }), "A part of the user name or full name.")
            .takes("role", json!({ "enum": ["user", "admin"] }), "Only this role.")
            .takes("active", json!({ "type": "boolean" }), "Only active users, or only others.")
            .page()
            .responds::<UserPage>(200),
        Operation::new(
            "POST /api/users",
            "addUser",
            "Adds a user, without a password with a link by which the user sets one.",
        )
        .body::<NewUserBody>()
        .responds::<AddedUserView>(201)
        .fails(&[K::UsernameTaken, K::Busy]),
        Operation::new("GET /api/users/<id>", "getUser", "Returns a user.")
            .responds::<UserView>(200)
            .fails(&[K::NotFound]),
        Operation::new(
            "PATCH /api/users/<id>",
            "changeUser",
            "Changes a user, and returns it; 204 to a key without the scope `users:read`.",
        )
        .body::<UserChangeBody>()
        .responds::<UserView>(200)
        .response(204, None)
        .fails(&[K::NotFound, K::LastAdministrator]),
        Operation::new("DELETE /api/users/<id>", "deleteUser", "Deletes a user.")
            .response(204, None)
            .fails(&[K::NotFound, K::LastAdministrator]),
        Operation::new(
            "GET /api/users/<id>/sign-ins",
            "listUserSignIns",
            "Returns the sign-ins of a user.",
        )
        .page()
        .responds::<SignInPage>(200)
        .fails(&[K::NotFound]),
        Operation::new(
            "DELETE /api/users/<id>/sign-ins/<sign_in>",
            "endUserSignIn",
            "Ends one sign-in of a user.",
        )
        .response(204, None)
        .fails(&[K::NotFound]),
        Operation::new(
            "DELETE /api/users/<id>/sign-ins",
            "endUserSignIns",
            "Ends all sign-ins of a user.",
        )
        .response(204, None)
        .fails(&[K::NotFound]),
        Operation::new(
            "POST /api/users/<id>/reset-link",
            "makeResetLink",
            "Makes a link by which a user sets another password, once, and shows it.",
        )
        .responds::<PasswordLinkView>(201)
        .fails(&[K::NotFound, K::AccountInactive, K::AlreadyMade]),
        Operation::new(
            "DELETE /api/users/<id>/second-factor",
            "resetSecondFactor",
            "Removes the second factor of a user who has lost it, and ends all its sign-ins.",
        )
        .response(204, None)
        .fails(&[K::NotFound]),
        Operation::new("POST /api/introspect", "introspect", "Says whether a token is active.")
            .form::<IntrospectionForm>()
            .responds::<Introspection>(200),
        Operation::new("GET /api/admin/events", "listEvents", "Returns events, newest first.")
            .takes(
                "account",
                json!({ "type": "integer", "minimum": 0 }),
                "Only events of this user.",
            )
            .before()
            .response(200, Some(Content::events::<Entry>("EventPage"))),
    ]
}
