//! What administrators and operators of the machine do.

use std::sync::OnceLock;

use serde_json::{Value, json};
use vestibule::config::PasswordConfig;
use vestibule::password::{Hasher, Password};
use vestibule_service::accounts::audit::Actor;
use vestibule_service::accounts::{Import, ImportError, new_setup_link};

use crate::player::Player;
use crate::pools::{NUMBERS, PASSWORDS, TEXTS, query};
use crate::requests::{BROWSERS, Change, List};

const ROLES: [&str; 4] = ["user", "admin", "Admin", "a\0"];
const ACTIVE: [&str; 4] = ["true", "false", "TRUE", "1\0"];

/// A hash of "correct horse".
fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hasher().hash_blocking(&Password::from(PASSWORDS[0])).expect("a hash"))
}

fn hasher() -> Hasher {
    let mut config = PasswordConfig::default();
    config.cost = 4;
    Hasher::new(&config).expect("a hasher")
}

impl Player {
    pub(crate) fn read(&mut self, who: usize, list: List) {
        let (pages, api) = match list {
            List::Users { .. } => ("/admin/users", "/api/users"),
            List::Events { .. } => ("/admin/events", "/api/admin/events"),
            List::OwnEvents { .. } => ("/account/events", "/api/events"),
        };
        let number = |name, number: Option<usize>| {
            number.map(|number| format!("{name}={}", NUMBERS[number % NUMBERS.len()]))
        };
        let arguments = match list {
            List::Users { q, page } => [q.map(|q| format!("q={}", query(q))), number("page", page)],
            List::Events { account, before } => {
                [number("account", account), number("before", before)]
            }
            List::OwnEvents { before } => [number("before", before), None],
        };
        let arguments = arguments.into_iter().flatten().collect::<Vec<_>>().join("&");
        let path = if who < BROWSERS { pages } else { api };
        self.act(who, |actor| actor.get(&format!("{path}?{arguments}")));
    }

    pub(crate) fn administer_by_form(&mut self, who: usize, id: &str, change: Change) {
        let path = format!("/admin/users/{id}");
        self.act(who, |actor| match change {
            Change::Look | Change::FullName(_) => actor.get(&path),
            Change::Role(role) | Change::All { role, .. } => {
                actor.post_form(&format!("{path}/role"), &[("role", ROLES[role])])
            }
            Change::Active(active) => {
                actor.post_form(&format!("{path}/active"), &[("active", ACTIVE[active])])
            }
            Change::EndSignIns => actor.post(&format!("{path}/end-sign-ins")),
            Change::Delete { confirmed: true } => {
                actor.post_form(&format!("{path}/delete"), &[("confirm", "on")])
            }
            Change::Delete { confirmed: false } => actor.get(&format!("{path}/delete")),
        });
    }

    pub(crate) fn administer_by_token(&mut self, who: usize, id: &str, change: Change) {
        let path = format!("/api/users/{id}");
        let active = |word: usize| match ACTIVE[word] {
            "true" => json!(true),
            "false" => json!(false),
            other => json!(other),
        };
        self.act(who, |actor| match change {
            Change::Look => actor.get(&path),
            Change::Role(role) => actor.patch_json(&path, &json!({ "role": ROLES[role] })),
            Change::Active(word) => actor.patch_json(&path, &json!({ "active": active(word) })),
            Change::FullName(text) => {
                let text = text.map_or(Value::Null, |text| json!(TEXTS[text]));
                actor.patch_json(&path, &json!({ "full_name": text }))
            }
            Change::All { role, active: word, full_name } => actor.patch_json(
                &path,
                &json!({
                    "role": ROLES[role], "active": active(word), "full_name": TEXTS[full_name],
                }),
            ),
            Change::EndSignIns => actor.delete(&format!("{path}/sign-ins")),
            Change::Delete { confirmed } => {
                actor.delete(&if confirmed { path } else { format!("{path}?confirm") })
            }
        });
    }

    /// Removes the administrator role for a moment, so that there is a link.
    pub(crate) fn set_up(
        &mut self,
        who: usize,
        good: bool,
        name: &str,
        full_name: &str,
        password: &str,
    ) {
        self.app().sql("UPDATE users SET role = 'user' WHERE role = 'admin'");
        let now = self.now();
        let link = new_setup_link(&mut self.connection, now).expect("a database");
        let link = link.expect("nobody administers it").reveal().to_owned();
        self.names.link(&link);
        let token = if good { link } else { format!("{}A", &link[1..]) };
        if !good {
            self.names.link(&token);
        }
        self.act(who, |actor| actor.open_link(&format!("/setup?token={token}")));
        let reply = self.act(who, |actor| {
            actor.token = None;
            let fields = [
                ("token", token.as_str()),
                ("username", name),
                ("full_name", full_name),
                ("password", password),
            ];
            actor.post_form("/setup", &fields)
        });
        if reply.status == 303 {
            self.knows(name, password);
            self.clients[who].name = Self::key(name).unwrap_or_default();
        }
        self.app().sql("UPDATE users SET role = 'admin' WHERE username_key = 'admin'");
    }

    pub(crate) fn import(&mut self, names: &[String]) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines = names.iter().map(|name| {
            let full_name = name.chars().rev().collect::<String>();
            format!("{},\"{}\",user,{}\n", quoted(name), hash(), quoted(&full_name))
        });
        let file = format!("username,hash,role,full_name\n{}", lines.collect::<String>());
        let now = self.now();
        let said = match Import::read(file.as_bytes(), &hasher(), now, |_| {}) {
            Err(lines) => format!("{lines:?}"),
            Ok(import) => {
                let by = Actor::command_line(now);
                match import.write(&mut self.connection, &by, false, |_| {}) {
                    Ok(()) => {
                        names.iter().take(4).for_each(|name| self.knows(name, PASSWORDS[0]));
                        format!("{:?}", import.counts())
                    }
                    Err(ImportError::Lines(lines)) => format!("{lines:?}"),
                    Err(ImportError::Database(error)) => panic!("{error:?}"),
                }
            }
        };
        self.note(0, said);
    }
}
