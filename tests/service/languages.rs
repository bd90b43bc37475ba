//! The languages of pages, messages, mails and problems.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rocket::figment::Figment;
use rocket::figment::providers::Serialized;
use rocket::http::{ContentType, Header, Method};
use rocket::local::asynchronous::Client;
use serde_json::json;
use vestibule_service::accounts::KeyScope;
use vestibule_service::accounts::audit::AuditEvent;

use crate::support::actor::{Actor, Reply, encoded};
use crate::support::app::{TestApp, on_both, on_both_with};

const LANGUAGES: [&str; 4] = ["en", "de", "fr", "el"];

/// The pseudo-language: English in full-width letters.
const PSEUDO: &str = "qps";

/// Sends a form and asks for a language.
fn post_in(actor: &Actor<'_>, language: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    let request = actor.request(Method::Post, path).header(ContentType::Form);
    let request = request.header(Header::new("Accept-Language", language.to_owned()));
    actor.send(request.body(pairs.collect::<Vec<_>>().join("&")))
}

fn get_in(actor: &Actor<'_>, language: &str, path: &str) -> Reply {
    actor.get_with(path, "Accept-Language", language)
}

/// The values of a header that may stand in several lines.
fn list(reply: &Reply, name: &str) -> Vec<String> {
    let lines = reply.headers.iter().filter(|(found, _)| found == name);
    let values = lines.flat_map(|(_, value)| value.split(','));
    values.map(|value| value.trim().to_ascii_lowercase()).collect()
}

#[test]
fn pages_rendered_at_the_same_time_are_each_in_their_own_language() {
    on_both(|app| {
        let runtime = rocket::tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let rocket = vestibule_service::app::build(app.figment(), &app.clock);
            let client = Client::untracked(rocket.expect("good settings")).await.expect("a launch");
            let client = Arc::new(client);
            let page = |language: &'static str| {
                let client = Arc::clone(&client);
                rocket::tokio::spawn(async move {
                    let page =
                        client.get("/login").header(Header::new("Accept-Language", language));
                    page.dispatch().await.into_string().await.expect("a page")
                })
            };
            let mut alone = Vec::new();
            for language in LANGUAGES {
                let page = page(language).await.expect("a page");
                assert!(page.contains(&format!("<html lang=\"{language}\"")), "{page}");
                alone.push(page);
            }
            assert_eq!(alone.iter().collect::<BTreeSet<_>>().len(), LANGUAGES.len());
            let rounds: Vec<_> = (0..50).map(|_| LANGUAGES.map(page)).collect();
            for round in rounds {
                for (page, alone) in round.into_iter().zip(&alone) {
                    assert_eq!(&page.await.expect("a page"), alone);
                }
            }
        });
    });
}

#[test]
fn a_page_is_in_the_language_that_the_browser_prefers_and_says_so() {
    on_both(|app| {
        let visitor = app.anonymous();
        for (header, language, heading) in [
            ("de-AT,de;q=0.9,en;q=0.5", "de", "<h1>Anmelden</h1>"),
            ("en;q=0.2, fr", "fr", "<h1>Se connecter</h1>"),
            ("nl, el;q=0.1", "el", "<h1>Σύνδεση</h1>"),
            ("nl", "en", "<h1>Sign in</h1>"),
            ("de;q=0", "en", "<h1>Sign in</h1>"),
            ("\u{7f}%;;=,", "en", "<h1>Sign in</h1>"),
        ] {
            let page = get_in(&visitor, header, "/login");
            page.assert_page(200);
            assert!(page.body.contains(&format!("<html lang=\"{language}\">")), "{header}");
            assert!(page.body.contains(heading), "{header}: {}", page.body);
            assert_eq!(page.header("content-language"), Some(language));
            assert!(list(&page, "vary").contains(&"accept-language".to_owned()), "{header}");
        }
        let page = visitor.get("/login");
        assert_eq!(page.header("content-language"), Some("en"));
        assert!(list(&page, "vary").contains(&"accept-language".to_owned()));
        let missing = get_in(&visitor, "de", "/nothing");
        missing.assert_page(404);
        assert!(missing.body.contains("<h1>Nicht gefunden</h1>"), "{}", missing.body);
    });
}

#[test]
fn the_language_that_a_user_has_chosen_counts_before_that_of_the_browser() {
    on_both(|app| {
        let user = app.session("user_01");
        let account = |language| get_in(&user, language, "/account");
        assert!(account("de").body.contains("<html lang=\"de\">"));
        assert!(account("de").body.contains("<option value=\"el\" lang=\"el\">Ελληνικά</option>"));
        let chosen = user.post_form("/account/language", &[("language", "el")]);
        assert_eq!((chosen.status, chosen.location()), (303, "/account"), "{}", chosen.body);
        let page = account("de");
        assert!(page.body.contains("<html lang=\"el\">"), "{}", page.body);
        assert!(page.body.contains("Η γλώσσα άλλαξε."), "{}", page.body);
        assert!(page.body.contains("lang=\"el\" selected>"), "{}", page.body);
        assert!(!list(&page, "vary").contains(&"accept-language".to_owned()));
        assert_eq!(app.token("user_01").get("/api/me").json()["language"], "el");
        // Nobody is known here yet.
        assert!(get_in(&app.anonymous(), "de", "/login").body.contains("<html lang=\"de\">"));

        for wrong in ["nl", "EL", "el\u{0}", "<b>"] {
            let refused = user.post_form("/account/language", &[("language", wrong)]);
            refused.assert_page(422);
            assert!(refused.body.contains("Αυτή η γλώσσα δεν είναι διαθέσιμη."), "{wrong}");
        }
        let other = [("language", "fr"), ("username", "user_02")];
        user.post_form("/account/language", &other).assert_page(422);
        assert!(account("de").body.contains("<html lang=\"el\">"));
        assert_eq!(user.post_form("/account/language", &[("language", "")]).status, 303);
        assert!(account("de").body.contains("<html lang=\"de\">"));
    });
}

#[test]
fn a_program_changes_the_language_and_problems_are_in_the_one_that_it_asks_for() {
    on_both(|app| {
        let program = app.token("user_01");
        assert!(program.get("/api/me").json()["language"].is_null());
        for language in [json!("fr"), json!(null), json!("de")] {
            let set = program.patch_json("/api/me", &json!({ "language": language }));
            assert_eq!((set.status, &set.json()["language"]), (200, &language));
            assert_eq!(program.get("/api/me").json(), set.json());
        }
        for wrong in [json!("nl"), json!(""), json!(1)] {
            let refused = program.patch_json("/api/me", &json!({ "language": wrong }));
            refused.assert_problem(422, "invalid_field");
            assert!(refused.json()["fields"]["language"].is_string(), "{}", refused.body);
        }
        let both = json!({ "language": "el", "full_name": "Ann" });
        let set = program.patch_json("/api/me", &both).json();
        assert_eq!((&set["language"], &set["full_name"]), (&json!("el"), &json!("Ann")));

        let english = app.anonymous().get("/api/me");
        english.assert_problem(401, "credentials_missing");
        assert_eq!(english.json()["detail"], "Sign in to use this.");
        assert_eq!(english.json()["title"], "Unauthorized");
        assert_eq!(english.header("content-language"), Some("en"));
        let german = get_in(&app.anonymous(), "de", "/api/me");
        german.assert_problem(401, "credentials_missing");
        assert_eq!(german.json()["detail"], "Melden Sie sich dafür an.");
        assert_eq!(german.json()["title"], "Nicht angemeldet");
        assert_eq!(german.json()["request_id"].as_str(), german.header("x-request-id"));
        assert_eq!(german.header("content-language"), Some("de"));
        assert!(list(&german, "vary").contains(&"accept-language".to_owned()));
        // A challenge is for programs.
        assert_eq!(german.header("www-authenticate"), english.header("www-authenticate"));

        let request = app.anonymous().request(Method::Post, "/api/register");
        let request =
            request.header(ContentType::JSON).header(Header::new("Accept-Language", "fr"));
        let refused = app.anonymous().send(request.body(r#"{"username":"a b","password":"1"}"#));
        refused.assert_problem(422, "invalid_field");
        let fields = &refused.json()["fields"];
        assert!(fields["username"].as_str().is_some_and(|text| text.starts_with("Un nom")));
        let short = fields["password"].as_str().unwrap_or_default();
        assert!(short.starts_with("Un mot de passe a au moins "), "{short}");
    });
}

#[test]
fn names_are_escaped_in_every_language() {
    on_both(|app| {
        for language in LANGUAGES {
            let visitor = app.anonymous();
            let name = format!("<b>{language}");
            let fields = [
                ("username", name.as_str()),
                ("full_name", "<script>alert(1)</script>"),
                ("password", "correct horse"),
            ];
            let reply = post_in(&visitor, language, "/register", &fields);
            assert_eq!(reply.status, 303, "{}", reply.body);
            // Signing up has been a proof of the password.
            app.clock.advance(Duration::from_secs(1200));
            for path in ["/dashboard", "/", "/reauthenticate?next=/account", "/logout", "/account"]
            {
                let page = get_in(&visitor, language, path).body;
                assert!(page.contains("&lt;b&gt;"), "{language} {path}: {page}");
                assert!(!page.contains("<b>") && !page.contains("<script>"), "{language} {path}");
            }
            let page = get_in(&visitor, language, "/dashboard").body;
            assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2F;script&gt;"), "{page}");
            assert!(!page.contains(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}']), "{page}");
        }
    });
}

/// The files of a directory and below it.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    let below = entries
        .map(|entry| entry.path())
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    below.collect()
}

/// English keys and their texts, roughly: with the lines that follow the one with the key.
fn english() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for path in files_below(Path::new("languages/en")) {
        for line in fs::read_to_string(path).expect("a file").lines() {
            let is_message = line.starts_with(|first: char| first.is_ascii_lowercase());
            match (line.split_once('=').filter(|_| is_message), found.last_mut()) {
                (Some((key, text)), _) => found.push((key.trim().to_owned(), text.to_owned())),
                (None, Some((_, text))) if line.starts_with(' ') => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => {}
            }
        }
    }
    found
}

/// What stands between these marks.
fn between<'t>(text: &'t str, before: &str, after: char) -> Vec<&'t str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn every_text_that_is_used_exists_and_none_is_left_over() {
    let english = english();
    let text_of = |key: &str| english.iter().find(|(found, _)| found == key).map(|(_, text)| text);
    let mut used: BTreeSet<String> = BTreeSet::new();
    for path in files_below(Path::new("templates")) {
        let text = fs::read_to_string(&path).expect("a template");
        for (function, has_markup) in [("t(key=\"", false), ("html(key=\"", true)] {
            for key in between(&text, &format!(" {function}"), '"').into_iter() {
                used.insert(key.to_owned());
                if key.ends_with('-') {
                    continue;
                }
                let found = text_of(key).unwrap_or_else(|| panic!("{}: {key}", path.display()));
                let marked = found.contains('<') || found.contains("_html");
                assert_eq!(marked, has_markup, "{}: {key}", path.display());
            }
        }
    }
    for path in files_below(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("a source");
        for before in ["Title::Key(\"", "language.text(\"", "language.format(\""] {
            for key in between(&text, before, '"') {
                used.insert(key.to_owned());
            }
        }
        // Keys that stand alone, as those of notices do.
        for key in between(&text, "\"", '"').into_iter().chain(between(&text, "(\"", '"')) {
            if text_of(key).is_some() {
                used.insert(key.to_owned());
            }
        }
    }
    let built = ["role-", "kind-", "event-", "scope-"];
    let errors = fs::read_to_string("languages/en/errors.ftl").expect("a file");
    for key in &used {
        let is_built = key.ends_with('-') || key.contains('{') || key.is_empty();
        assert!(is_built || text_of(key).is_some(), "no text has the key {key}");
    }
    for (key, _) in &english {
        let base = key.strip_suffix("-text").or(key.strip_suffix("-subject")).unwrap_or(key);
        let is_used = used.contains(key)
            || used.contains(base)
            || built.iter().any(|prefix| key.starts_with(prefix))
            || errors.contains(&format!("\n{key} ="))
            || english.iter().any(|(_, text)| text.contains(&format!("{{ {key} }}")));
        assert!(is_used, "{key} is not used");
    }
}

/// The texts in a source that look like sentences, without doc comments and attributes.
fn sentences(tokens: proc_macro2::TokenStream, found: &mut Vec<String>) {
    let mut is_attribute = false;
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) if !is_attribute => {
                sentences(group.stream(), found);
            }
            proc_macro2::TokenTree::Literal(literal) => {
                let text = literal.to_string().replace("\\\"", "\"");
                let lines = text.trim_matches('"').split("\\\n").map(str::trim_start);
                let text: String = lines.collect();
                let is_sentence = text.ends_with('.') && text.contains(' ');
                if is_sentence && text.starts_with(|first: char| first.is_ascii_uppercase()) {
                    found.push(text);
                }
                is_attribute = false;
            }
            proc_macro2::TokenTree::Punct(punct) => {
                is_attribute = punct.as_char() == '#' || (is_attribute && punct.as_char() == '!');
            }
            _ => is_attribute = false,
        }
    }
}

/// A sentence without its placeholders.
fn without_placeholders(text: &str) -> String {
    let parts = text.split('{').enumerate().map(|(at, part)| match part.split_once('}') {
        Some((_, rest)) if at > 0 => format!("{{}}{rest}"),
        _ => part.to_owned(),
    });
    parts.collect()
}

#[test]
fn every_event_and_scope_has_a_text() {
    let english = english();
    let text_of = |key: &str| {
        let found = english.iter().find(|(found, _)| found == key);
        found.map(|(_, text)| text.trim().to_owned())
    };
    for event in AuditEvent::ALL {
        let key = format!("event-{}", event.as_str().replace('_', "-"));
        assert_eq!(text_of(&key).as_deref(), Some(event.sentence()), "{key}");
    }
    for scope in KeyScope::ALL {
        let key = format!("scope-{}", scope.name.replace(':', "-"));
        assert!(text_of(&key).is_some(), "{key}");
    }
}

#[test]
fn every_sentence_of_an_error_can_be_translated() {
    let known: BTreeSet<String> =
        english().iter().map(|(_, text)| without_placeholders(text.trim())).collect();
    let mut unknown = Vec::new();
    for path in files_below(Path::new("src"))
        .into_iter()
        .chain(files_below(Path::new("crates/vestibule/src")))
    {
        let name = path.to_string_lossy().into_owned();
        // What operators and programmers read, in English; the plural form of a registration's wait.
        let is_other = [
            "/cli/",
            "/config/",
            "/testing",
            "/keys/",
            "/database/",
            "/fairing/",
            "/settings/",
            "/state_dir/",
            "/openapi/",
            "/logging/",
            "/db/",
            "/metrics/page",
            "audit/verify.rs",
            "registration/register.rs",
            "/app.rs",
            "tests.rs",
            "housekeeping.rs",
            "fingerprints.rs",
        ];
        if !name.ends_with(".rs") || is_other.iter().any(|part| name.contains(part)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let mut found = Vec::new();
        sentences(text.parse().expect("a source"), &mut found);
        let missing = found.into_iter().filter(|text| !known.contains(&without_placeholders(text)));
        unknown.extend(missing.map(|text| format!("{name}: {text}")));
    }
    assert!(unknown.is_empty(), "in no file of languages/en:\n{}", unknown.join("\n"));
}

/// English in full-width letters, but for placeables, markup and forms.
fn pseudo(source: &str) -> String {
    let translate = |text: &str| -> String {
        let mut depth = 0;
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c);
        let letter = |c: char| {
            match c {
                '{' | '<' => depth += 1,
                '}' | '>' => depth -= 1,
                _ => {}
            }
            if depth == 0 && c.is_ascii_alphabetic() { wide(c) } else { c }
        };
        text.chars().map(letter).collect()
    };
    let line = |line: &str| -> String {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        if text.starts_with('#') || text.ends_with("->") || text == "}" {
            return line.to_owned();
        }
        let cut = if indent.is_empty() {
            text.find('=').map(|at| at + 1)
        } else if text.starts_with('[') || text.starts_with("*[") {
            text.find(']').map(|at| at + 1)
        } else {
            Some(0)
        };
        let (head, tail) = text.split_at(cut.unwrap_or(0));
        format!("{indent}{head}{}", translate(tail))
    };
    source.lines().map(|text| line(text) + "\n").collect()
}

/// A directory with the pseudo-language.
fn pseudo_language() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    fs::create_dir(directory.path().join(PSEUDO)).expect("a folder");
    for path in files_below(Path::new("languages/en")) {
        let name = path.file_name().expect("a name");
        let text = pseudo(&fs::read_to_string(&path).expect("a file"));
        fs::write(directory.path().join(PSEUDO).join(name), text).expect("a file");
    }
    directory
}

/// Removes every stretch from one mark to another.
fn without(mut text: String, from: &str, to: &str) -> String {
    while let Some(start) = text.find(from) {
        let length = text[start..].find(to).map_or(text.len() - start, |at| at + to.len());
        text.replace_range(start..start + length, "");
    }
    text
}

/// What a page shows or reads out, without code and what users and programs have named.
fn shown(page: &str) -> String {
    let mut text = page.to_owned();
    for (from, to) in [
        ("<pre>", "</pre>"),
        ("<code>", "</code>"),
        ("<textarea", "</textarea>"),
        ("<br><span class=\"muted\">", "</span>"),
    ] {
        text = without(text, from, to);
    }
    // The names of languages are in those languages.
    let mut options = text.split("<option ");
    let mut kept = options.next().unwrap_or_default().to_owned();
    for option in options {
        let is_language = option.split('>').next().is_some_and(|tag| tag.contains(" lang="));
        if is_language {
            kept += option.split_once("</option>").map_or("", |(_, rest)| rest);
        } else {
            kept += "<option ";
            kept += option;
        }
    }
    let mut said = String::new();
    for name in [" aria-label=\"", " data-label=\"", " title=\"", " alt=\"", " placeholder=\""] {
        for value in between(&kept, name, '"') {
            said += value;
            said.push('\n');
        }
    }
    let entities = ["&lt;", "&gt;", "&amp;", "&quot;", "&#x27;", "&#x2F;"];
    let body = without(without(kept, "<!", ">"), "<", ">");
    said += &body;
    entities.iter().fold(said, |said, entity| said.replace(entity, ""))
}

#[track_caller]
fn assert_translated(page: &Reply, what: &str) {
    let said = shown(&page.body);
    let lines = said.lines().filter(|line| line.contains(|c: char| c.is_ascii_alphabetic()));
    let left: Vec<&str> = lines.map(str::trim).collect();
    assert!(left.is_empty(), "{what} ({}): {left:?}", page.status);
    assert!(page.body.contains("<html lang=\"qps\">"), "{what}: {}", page.body);
}

/// An application with the pseudo-language, whose users have no letter in their names.
fn with_pseudo_language(test: impl Fn(&TestApp)) {
    let directory = pseudo_language();
    let set = |figment: Figment| {
        figment
            .merge(Serialized::default("accounts.languages_dir", directory.path()))
            .merge(Serialized::default("accounts.site_name", "00"))
            .merge(Serialized::default("accounts.sign_in_links", true))
            .merge(Serialized::default("auth.throttle.failures", 5))
    };
    on_both_with(set, |app| {
        for (username, new) in [("admin", "71"), ("user_01", "72"), ("user_02", "73")] {
            app.sql(&format!(
                "UPDATE users SET username = '{new}', username_key = '{new}' \
                 WHERE username = '{username}'"
            ));
        }
        test(&app);
    });
}

#[test]
fn no_page_for_visitors_has_a_text_that_is_not_translated() {
    with_pseudo_language(|app| {
        let visitor = app.anonymous();
        for path in [
            "/",
            "/login",
            "/login?next=/account",
            "/login?next=/account&cookie_sent=true",
            "/register",
            "/password/forgot",
            "/nothing",
            "/setup",
            "/password/new",
            "/address/confirm",
            "/address/return",
            "/register/confirm",
        ] {
            assert_translated(&get_in(&visitor, PSEUDO, path), path);
        }
        let wrong = [("username", "72"), ("password", "1")];
        for _ in 0..7 {
            assert_translated(&post_in(&visitor, PSEUDO, "/login", &wrong), "a wrong password");
        }
        for (username, full_name, password) in [
            ("", "", ""),
            ("a b", "a\u{7}", "1"),
            ("72", "", "password"),
            (&"x".repeat(81), &"x".repeat(201), &"x".repeat(1025)),
            ("12345678", "", "12345678"),
            ("1", "", "aaaaaaaaaaaa"),
        ] {
            let fields = [("username", username), ("full_name", full_name), ("password", password)];
            let page = post_in(&visitor, PSEUDO, "/register", &fields);
            let said = Reply { body: page.body.replace(&"x".repeat(81), ""), ..page };
            assert_translated(&said, username);
        }
        let page = post_in(&visitor, PSEUDO, "/password/forgot", &[("email", "0")]);
        assert_translated(&page, "no address");
        let asked = post_in(&visitor, PSEUDO, "/password/forgot", &[("email", "1@2.example")]);
        assert_translated(&asked, "a link is sent");
        let form = visitor.request(Method::Post, "/login").header(ContentType::JSON);
        let form = form.header(Header::new("Accept-Language", PSEUDO));
        assert_translated(&visitor.send(form.body("{}")), "no form");
    });
}

#[test]
fn no_page_of_signing_in_by_mail_has_a_text_that_is_not_translated() {
    with_pseudo_language(|app| {
        let visitor = app.anonymous();
        let (form, enter) = ("/login/link", "/login/link/enter");
        assert_translated(&get_in(&visitor, PSEUDO, form), form);
        let page = post_in(&visitor, PSEUDO, form, &[("email", "0")]);
        page.assert_page(422);
        assert_translated(&page, "no address");
        let asked = post_in(&visitor, PSEUDO, form, &[("email", "1@2.example")]);
        assert_eq!((asked.status, asked.location()), (303, enter), "{}", asked.body);
        assert_translated(&get_in(&visitor, PSEUDO, enter), enter);
        let page = post_in(&visitor, PSEUDO, enter, &[("code", "0")]);
        page.assert_page(422);
        assert_translated(&page, "a wrong code");
        let page = post_in(&visitor, PSEUDO, enter, &[("token", "0")]);
        page.assert_page(404);
        assert_translated(&page, "a link that is not valid");
    });
}

/// A user of the pseudo-language who has signed in.
fn signed_in<'a>(app: &'a TestApp, username: &str, password: &str) -> Actor<'a> {
    app.sql(&format!("UPDATE users SET language = '{PSEUDO}' WHERE username = '{username}'"));
    let actor = app.anonymous();
    let reply = actor.post_form("/login", &[("username", username), ("password", password)]);
    assert_eq!(reply.status, 303, "{}", reply.body);
    actor
}

#[test]
fn no_page_for_users_has_a_text_that_is_not_translated() {
    with_pseudo_language(|app| {
        let user = signed_in(app, "72", "1234");
        let key = [("label", "1"), ("expires_in", "86400")];
        assert_eq!(user.post_form("/account/keys", &key).status, 303);
        let paths = [
            "/",
            "/dashboard",
            "/account",
            "/account/address",
            "/account/sign-ins",
            "/account/keys",
            "/account/events",
            "/account/delete",
            "/logout",
            "/admin/users",
        ];
        for path in paths {
            assert_translated(&user.get(path), path);
        }
        for (path, fields) in [
            ("/account/password", &[("current_password", "0"), ("new_password", "1")][..]),
            ("/account/password", &[("current_password", "1234"), ("new_password", "1")]),
            ("/account/language", &[("language", "0")]),
            ("/account/name", &[("full_name", "\u{7}")]),
            ("/account/delete", &[("username", "0")]),
            ("/account/address", &[("email", "0")]),
            ("/account/keys", &[("label", ""), ("expires_in", "0")]),
            ("/account/keys", &[("label", "1"), ("expires_in", "")]),
            ("/account/sign-ins/end-others", &[("username", "73")]),
            ("/reauthenticate", &[("password", "0"), ("next", "/account")]),
        ] {
            assert_translated(&user.post_form(path, fields), path);
        }
        let sent = user.post_form("/account/address", &[("email", "1@2.example")]);
        assert_eq!(sent.status, 303, "{}", sent.body);
        let page = user.get("/account/address");
        let page = Reply { body: page.body.replace("1@2.example", ""), ..page };
        assert_translated(&page, "an address is pending");
        let ended = user.post("/account/sign-ins/end-others");
        assert_eq!(ended.status, 303);
        assert_translated(&user.get("/account/sign-ins"), "a notice");
        app.clock.advance(Duration::from_secs(3600));
        for path in ["/account", "/account/keys", "/reauthenticate?next=/account", "/dashboard"] {
            assert_translated(&user.get(path), path);
        }
        // Signed out, the browser's language counts.
        assert_eq!(user.post("/logout?all=true").status, 303);
        assert_translated(&get_in(&user, PSEUDO, "/"), "signed out");
    });
}

#[test]
fn no_page_for_administrators_has_a_text_that_is_not_translated() {
    with_pseudo_language(|app| {
        let admin = signed_in(app, "71", "admin123");
        drop(signed_in(app, "72", "1234"));
        let (own, other) = (app.id("71"), app.id("72"));
        let pages =
            ["", "/role", "/active", "/end-sign-ins", "/reset-link", "/delete", "/sign-ins"];
        let of_users = [own, other].into_iter().flat_map(|id| {
            let pages = pages.iter().chain(&["/remove-address"]);
            pages.map(move |page| format!("/admin/users/{id}{page}"))
        });
        let lists = ["", "?q=7", "?q=0", "?q=0&role=admin", "?role=admin", "/new"];
        let lists = lists.map(|query| format!("/admin/users{query}"));
        let events = ["/admin/events".to_owned(), format!("/admin/events?account={other}")];
        for path in of_users.chain(lists).chain(events) {
            assert_translated(&admin.get(&path), &path);
        }
        let user = format!("/admin/users/{other}");
        for (path, fields) in [
            (format!("{user}/reset-link"), &[][..]),
            (format!("{user}/delete"), &[]),
            (format!("/admin/users/{own}/role"), &[("role", "user")]),
            (format!("{user}/role"), &[("role", "0")]),
            (
                "/admin/users/new".to_owned(),
                &[("username", ""), ("role", "user"), ("password", "1")],
            ),
            ("/admin/users/new".to_owned(), &[("username", "72"), ("role", "user")]),
            ("/admin/users/new".to_owned(), &[("username", "79"), ("role", "user")]),
        ] {
            assert_translated(&admin.post_form(&path, fields), &path);
        }
        assert_translated(&admin.get(&user), "a link is not used yet");
        for (change, fields) in [
            ("role", &[("role", "admin")][..]),
            ("role", &[("role", "user")]),
            ("end-sign-ins", &[]),
            ("remove-address", &[]),
            ("active", &[("active", "false")]),
            ("active", &[("active", "true")]),
        ] {
            assert_eq!(
                admin.post_form(&format!("{user}/{change}"), fields).status,
                303,
                "{change}"
            );
            assert_translated(&admin.get(&user), change);
        }
        assert_eq!(admin.post_form(&format!("{user}/delete"), &[("confirm", "on")]).status, 303);
        assert_translated(&admin.get("/admin/users"), "a user is deleted");
        assert_translated(&admin.get("/admin/events"), "events");
        app.clock.advance(Duration::from_secs(3600));
        let of_own = format!("/admin/users/{own}");
        for path in [of_own.clone(), format!("{of_own}/sign-ins")] {
            assert_translated(&admin.get(&path), &path);
        }
    });
}

#[test]
fn every_page_is_whole_in_every_language() {
    on_both(|app| {
        let (user, admin) = (app.session("user_01"), app.session("admin"));
        let visitor = app.anonymous();
        for language in LANGUAGES {
            for (actor, path) in [
                (&visitor, "/"),
                (&visitor, "/login?next=/account"),
                (&visitor, "/register"),
                (&visitor, "/password/forgot"),
                (&user, "/dashboard"),
                (&user, "/account"),
                (&user, "/account/address"),
                (&user, "/account/keys"),
                (&user, "/account/sign-ins"),
                (&user, "/account/events"),
                (&admin, "/admin/users"),
                (&admin, "/admin/users/1"),
                (&admin, "/admin/users/new"),
                (&admin, "/admin/events"),
            ] {
                let page = get_in(actor, language, path);
                page.assert_page(200);
                assert!(page.body.contains(&format!("<html lang=\"{language}\">")), "{path}");
                // A variable without a value is shown by its name, in braces.
                let said = shown(&page.body);
                assert!(!said.contains(['{', '}', '$']), "{language} {path}: {said}");
                let keys = english();
                let is_key =
                    |line: &&str| keys.iter().any(|(key, _)| key.contains('-') && key == line);
                let shown_keys: Vec<&str> = said.lines().map(str::trim).filter(is_key).collect();
                assert!(shown_keys.is_empty(), "{language} {path}: {shown_keys:?}");
            }
        }
    });
}

#[test]
fn a_bad_directory_of_languages_stops_the_start() {
    on_both(|app| {
        let directory = tempfile::tempdir().expect("a directory");
        let refusal = |path: &Path| {
            let figment = app.figment().merge(Serialized::default("accounts.languages_dir", path));
            let errors =
                vestibule_service::app::build(figment, &app.clock).expect_err("bad settings");
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let missing = refusal(&directory.path().join("nowhere"));
        assert!(missing.starts_with("accounts.languages_dir"), "{missing}");
        fs::create_dir(directory.path().join("nl")).expect("a folder");
        fs::write(directory.path().join("nl/a.ftl"), "sign-in = x\n\nno message\n")
            .expect("a file");
        let broken = refusal(directory.path());
        assert!(broken.contains("nl/a.ftl, near line 3"), "{broken}");
    });
}

/// Waits for the next mail and returns it.
fn next_mail(app: &TestApp, seen: &mut BTreeSet<PathBuf>) -> String {
    let began = Instant::now();
    loop {
        let files = fs::read_dir(app.mail()).into_iter().flatten().flatten();
        let new = files.map(|file| file.path()).find(|path| !seen.contains(path));
        if let Some(path) = new.filter(|path| path.extension().is_some_and(|end| end == "eml")) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            // Its last line is the address of the service; without it, the file is not whole.
            if text.trim_end().rsplit('\n').next().is_some_and(|line| line.starts_with("http")) {
                seen.insert(path);
                return text.replace("=\r\n", "").replace("=3D", "=");
            }
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no mail");
        std::thread::yield_now();
    }
}

#[test]
fn a_mail_is_in_the_language_of_the_account_or_else_of_the_request() {
    on_both(|app| {
        let mut seen = BTreeSet::new();
        let ask = |language: &str, path: &str, body: &serde_json::Value, actor: &Actor<'_>| {
            let request = actor.request(Method::Post, path).header(ContentType::JSON);
            let request = request.header(Header::new("Accept-Language", language.to_owned()));
            assert_eq!(actor.send(request.body(body.to_string())).status, 202);
        };
        let (program, visitor) = (app.token("user_01"), app.anonymous());
        let email = json!({ "email": "ann@example.org" });
        ask("de", "/api/me/email", &email, &program);
        let mail = next_mail(&app, &mut seen);
        assert!(mail.contains("\r\n\r\nGuten Tag,\r\n"), "{mail}");
        let token = mail.split_once("?token=").expect("a link").1.chars().take(43);
        let token: String = token.collect();
        let confirmed = visitor.post_form("/address/confirm", &[("token", &token)]);
        assert_eq!(confirmed.status, 303, "{}", confirmed.body);
        ask("nl, fr;q=0.5", "/api/password/forgot", &email, &visitor);
        assert!(next_mail(&app, &mut seen).contains("Bonjour user_01,"));
        ask("nl", "/api/password/forgot", &email, &visitor);
        assert!(next_mail(&app, &mut seen).contains("Hello user_01,"));
        let chosen = program.patch_json("/api/me", &json!({ "language": "de" }));
        assert_eq!(chosen.status, 200);
        ask("fr", "/api/password/forgot", &email, &visitor);
        let mail = next_mail(&app, &mut seen);
        assert!(mail.contains("Guten Tag user_01,") && mail.contains("?token="), "{mail}");
    });
}

#[test]
fn a_mail_to_sign_in_and_its_pages_are_in_the_language_of_the_browser() {
    let set = |figment: Figment| figment.merge(("accounts.sign_in_links", true));
    on_both_with(set, |app| {
        let mut seen = BTreeSet::new();
        app.sql(
            "UPDATE users SET email = 'ann@example.org', email_key = 'ann@example.org' \
                 WHERE username = 'user_01'",
        );
        for (language, greeting, question) in [
            ("en", "Hello", "Sign in as <strong>user_01</strong> in this browser?"),
            ("de", "Guten Tag", "In diesem Browser als <strong>user_01</strong> anmelden?"),
            ("fr", "Bonjour", "Vous connecter en tant que <strong>user_01</strong> dans"),
        ] {
            let browser = app.anonymous();
            let asked = post_in(&browser, language, "/login/link", &[("email", "ann@example.org")]);
            assert_eq!(asked.status, 303, "{}", asked.body);
            let mail = next_mail(&app, &mut seen);
            assert!(mail.contains(greeting), "{language}: {mail}");
            let code = mail.lines().find_map(|line| line.strip_prefix("    ")).expect("a code");
            let token = mail.split_once("?token=").expect("a link").1.chars().take(43);
            let link = format!("/login/link/enter?token={}", token.collect::<String>());
            assert_eq!(get_in(&browser, language, &link).status, 303);
            let page = get_in(&browser, language, "/login/link/enter");
            page.assert_page(200);
            assert!(page.body.contains(question), "{language}: {}", page.body);
            let entered =
                post_in(&browser, language, "/login/link/enter", &[("code", code.trim())]);
            assert_eq!(entered.status, 303, "{language}: {}", entered.body);
        }
    });
}
