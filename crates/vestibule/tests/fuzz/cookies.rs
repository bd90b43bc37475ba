use proptest::prelude::*;
use rocket::http::{Cookie, Header};
use rocket::local::asynchronous::LocalRequest;
use serde_json::Value;
use vestibule::Session;

use crate::app::{ALICE, App, BOB, User};
use crate::inputs::{Change, changed, changes, check, edited, edits, object, words};

const NAMES: [&str; 2] = ["session", "remember_token"];

/// The cookies of one sign-in.
struct Issued {
    user: u32,
    /// The values of [`NAMES`].
    values: [String; 2],
}

fn sign_in(app: &App, user: u32) -> Issued {
    app.wait_for(async {
        let response = app.client.post(format!("/login/{user}")).dispatch().await;
        let jar = response.cookies();
        let values = NAMES.map(|name| jar.get(name).expect("a cookie").value().to_owned());
        Issued { user, values }
    })
}

/// Returns the user whom a `Cookie` header signs in, or the status of the refusal.
fn user_of(app: &App, header: &str) -> Result<String, u16> {
    // What Rocket's server makes of it.
    let pairs = header.split(';').map(str::trim);
    let parsed = pairs.filter_map(|pair| Cookie::parse_encoded(pair.to_owned()).ok());
    let request = parsed.fold(app.client.get("/session"), LocalRequest::cookie);
    app.send(request.header(Header::new("Cookie", header.to_owned())))
}

/// Whether one of the header's pairs is a cookie of this sign-in under its own name.
fn holds(header: &str, issued: &Issued) -> bool {
    header.split(';').any(|pair| {
        let Some((name, _)) = pair.split_once('=') else { return false };
        let cookie = Cookie::parse_encoded(pair.trim().to_owned());
        let value = cookie.as_ref().map(Cookie::value).unwrap_or_default();
        let own = NAMES.iter().zip(&issued.values);
        own.into_iter()
            .any(|(own, sealed)| name.trim_matches([' ', '\t']) == *own && value == sealed)
    })
}

#[test]
fn a_cookie_header_signs_in_only_the_user_whose_unchanged_cookie_it_holds() {
    let app = App::new();
    let issued = [ALICE, BOB].map(|user| sign_in(&app, user));
    for one in &issued {
        let header = format!("session={}", one.values[0]);
        assert_eq!(user_of(&app, &header), Ok(one.user.to_string()));
    }
    let names = [
        "session",
        "remember_token",
        "__Host-session",
        "Session",
        "s%65ssion",
        " session",
        "other",
    ];
    let names = prop_oneof![
        4 => prop::sample::select(&NAMES[..]),
        1 => prop::sample::select(names.to_vec()),
    ];
    let values: Vec<String> = issued.iter().flat_map(|one| one.values.clone()).collect();
    let bytes = prop_oneof![2 => Just(Vec::<Change>::new()), 3 => changes(2)];
    let cookie = (names, prop::sample::select(values), bytes);
    let cookies = prop::collection::vec(cookie, 1..4);
    check(
        &(cookies, prop::sample::select(&["; ", ";", " ;\t", ", "][..])),
        |(cookies, separator)| {
            let pairs = cookies
                .iter()
                .map(|(name, value, bytes)| changed(&format!("{name}={value}"), bytes));
            let header = pairs.collect::<Vec<_>>().join(separator);
            match user_of(&app, &header) {
                Ok(user) => {
                    let own = issued
                        .iter()
                        .find(|one| one.user.to_string() == user)
                        .expect("one of the two");
                    prop_assert!(holds(&header, own), "{} by {:?}", user, header);
                }
                Err(status) => {
                    prop_assert!(matches!(status, 401 | 403), "{}: {:?}", status, header)
                }
            }
            Ok(())
        },
    );
}

#[test]
fn a_ticket_sealed_with_our_key_signs_in_only_the_owner_of_its_sign_in_and_in_time() {
    let app = App::new();
    let tickets = [ALICE, BOB].map(|user| {
        let request = app.client.get("/");
        let session = app.guard::<Session<'_>>(&request);
        let sign_in = app.wait_for(session.start_remembered(&User(user))).expect("a sign-in");
        // Not encrypted yet.
        let ticket = request.inner().cookies().get_pending("session").expect("a ticket");
        let ticket: Value = serde_json::from_str(ticket.value()).expect("JSON");
        let pairs = ticket.as_object().expect("an object").iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), value.to_string()));
        (sign_in.to_string(), user.to_string(), pairs.collect::<Vec<_>>())
    });
    let now = app.now();
    let times = [-1, 0, 1, 600, 1_000_000].map(|seconds| (now + seconds).to_string());
    let ids = tickets.iter().map(|(sign_in, ..)| format!("\"{sign_in}\""));
    let values = words(
        r#"null true false "" "1" "2" "3" 1 -1 0 9223372036854775807 -9223372036854775808 1e400 1.5 [] {}
        "pwd\u0020otp" "\u0000""#,
    );
    let values = values.into_iter().chain(times).chain(ids).collect();
    let ticket = prop::sample::select(tickets.clone().map(|(.., pairs)| pairs).to_vec());
    let bytes = prop_oneof![3 => Just(Vec::new()), 1 => changes(2)];
    let name = prop::sample::select(&NAMES[..]);
    check(&(ticket, edits(3, values), bytes, name), |(pairs, edits, bytes, name)| {
        let text = changed(&object(&edited(pairs, &edits)), &bytes);
        let request = app.client.get("/session");
        match app.send(request.private_cookie(Cookie::new(name, text.clone()))) {
            Ok(user) => {
                let ticket: Value = serde_json::from_str(&text).expect("what was accepted is JSON");
                let text_of = |name: &str| ticket[name].as_str().unwrap_or_default();
                let named = |(sign_in, owner, _): &&(String, String, _)| {
                    *sign_in == text_of("sid") && *owner == text_of("sub")
                };
                let own = tickets.iter().find(named);
                prop_assert_eq!(own.map(|(_, owner, _)| owner), Some(&user), "{}", text);
                prop_assert!(ticket["exp"].as_i64().is_some_and(|exp| now < exp), "{}", text);
            }
            Err(status) => {
                prop_assert_eq!(status, 401, "{}", text);
                prop_assert!(!edits.is_empty() || !bytes.is_empty(), "{}", text);
            }
        }
        Ok(())
    });
}
