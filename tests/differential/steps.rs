//! Each request, as a browser sends it and as a program does.

use std::time::Duration;

use rocket::http::{ContentType, Header, Method};
use serde_json::json;
use vestibule_service::accounts::{audit, queries};

use crate::contents;
use crate::player::Player;
use crate::pools::{AGENTS, PAGES, PASSWORDS, PAUSES, TEXTS};
use crate::requests::{BROWSERS, CLIENTS, Op};
use crate::support::actor::{Actor, Reply, encoded};

impl Player {
    pub(crate) fn step(&mut self, op: &Op) {
        self.doing = format!("{op:?}");
        match *op {
            Op::Register { who, name, full_name, password } => {
                let (name, password) = (self.name(name), PASSWORDS[password]);
                let full_name = TEXTS[full_name];
                let reply = self.act(who, |actor| {
                    if who < BROWSERS {
                        actor.post_form(
                            "/register",
                            &[
                                ("username", &name),
                                ("full_name", full_name),
                                ("password", password),
                            ],
                        )
                    } else {
                        actor.post_json(
                        "/api/register",
                        &json!({ "username": name, "full_name": full_name, "password": password }),
                    )
                    }
                });
                if matches!(reply.status, 201 | 303) {
                    self.knows(&name, password);
                    if who < BROWSERS {
                        self.clients[who].name = Self::key(&name).unwrap_or_default();
                    }
                }
            }
            Op::LogIn { who, name, right, remember, agent } => {
                let name = self.name(name);
                self.log_in(who, &name, right, remember, AGENTS[agent]);
            }
            Op::Guess { who, name, times } => {
                let name = self.name(name);
                for _ in 0..times {
                    self.log_in(who, &name, false, false, AGENTS[0]);
                }
            }
            Op::LogOut { who, all } => {
                self.act(who, |actor| match (who < BROWSERS, all) {
                    (true, _) => actor.post("/logout"),
                    (false, true) => actor.post("/api/logout?all=true"),
                    (false, false) => actor.post("/api/logout"),
                });
            }
            Op::Refresh { who, age } => {
                let tokens = &self.clients[who].refresh_tokens;
                let Some(at) = tokens.len().checked_sub(1 + age % tokens.len().max(1)) else {
                    return;
                };
                let token = Some(tokens[at].clone());
                let reply = self.act(who, |actor| {
                    actor.token = token;
                    actor.post("/api/refresh")
                });
                self.keep_tokens(who, &reply);
            }
            Op::ChangePassword { who, right, new } => {
                self.change_password(who, right, PASSWORDS[new])
            }
            Op::Reauthenticate { who, right } => {
                self.reauthenticate(who, right);
            }
            Op::Look { who, page } => {
                self.act(who, |actor| actor.get(PAGES[page]));
            }
            Op::Read { who, list } => {
                self.come_back(who);
                self.read(who, list);
            }
            Op::Administer { who, id, known, change } => {
                self.come_back(who);
                let id = self.id(id, known);
                if who < BROWSERS {
                    self.administer_by_form(who, &id, change)
                } else {
                    self.administer_by_token(who, &id, change)
                }
            }
            Op::EndSignIn { who, target } => {
                let ids = self.names.sign_ins();
                let id = match target % (ids.len() + 3) {
                    at if at < ids.len() => ids[at].clone(),
                    at => ["x", "%00", "AAAAAAAAAAAAAAAAAAAAAA"][at - ids.len()].to_owned(),
                };
                self.act(who, |actor| {
                    if who < BROWSERS {
                        actor.post(&format!("/account/sign-ins/{id}/end"))
                    } else {
                        actor.delete(&format!("/api/sign-ins/{id}"))
                    }
                });
            }
            Op::EndOthers { who } => {
                self.act(who, |actor| {
                    if who < BROWSERS {
                        actor.post("/account/sign-ins/end-others")
                    } else {
                        actor.delete("/api/sign-ins")
                    }
                });
            }
            Op::EndAll { who } => {
                self.act(who, |actor| {
                    if who < BROWSERS {
                        actor.post("/account/sign-ins/end-all")
                    } else {
                        actor.post("/api/logout?all=true")
                    }
                });
            }
            Op::SetUp { who, good, name, full_name, password } => {
                let name = self.name(name);
                self.set_up(who, good, &name, TEXTS[full_name], PASSWORDS[password]);
            }
            Op::Import { first, count } => {
                let names = (first..first + count).map(|at| TEXTS[at % TEXTS.len()].to_owned());
                self.import(&names.collect::<Vec<_>>());
            }
            Op::Export { ago } => {
                let since = self.now() - Duration::from_micros(PAUSES[ago]);
                let last = audit::last_before(&mut self.connection, since).expect("a row");
                let said = contents::log(&mut self.connection, &mut self.names, last);
                self.note(0, said);
            }
            Op::LoseSession { who } => {
                self.clients[who].jar.remove("session");
            }
            Op::Wait { pause } => self.app().clock.advance(Duration::from_micros(PAUSES[pause])),
            Op::Purge => {
                let (now, idle) = (self.now(), Duration::from_secs(2 * 60 * 60));
                let connection = &mut self.connection;
                let buckets =
                    vestibule::database::purge_throttle(connection, now, 500).expect("an answer");
                let links = queries::purge_links(connection, now).expect("an answer");
                let rows = vestibule::database::sign_ins::purge(connection, now, idle, 500)
                    .expect("an answer");
                self.note(0, format!("{buckets} buckets, {links} links, {rows} sign-ins"));
            }
            Op::Restart => {
                let app = self.app.take().expect("an application");
                self.app = Some(app.restart());
                // What was counted is forgotten.
                self.guessed.clear();
            }
        }
    }

    /// Signs an administrator in again whose last response demanded it.
    fn come_back(&mut self, who: usize) {
        if self.clients[who].is_out && (who == BROWSERS - 1 || who == CLIENTS - 1) {
            self.log_in(who, "admin", true, false, AGENTS[0]);
        }
    }

    fn log_in(&mut self, who: usize, name: &str, right: bool, remember: bool, agent: &str) {
        let key = Self::key(name).unwrap_or_default();
        let password = self.password(&key, right);
        let header = Header::new("User-Agent", agent.to_owned());
        let reply = self.act(who, |actor| {
            if who < BROWSERS {
                let remember = if remember { "on" } else { "" };
                let fields = [("username", name), ("password", &password), ("remember", remember)];
                let fields = &fields[..if remember.is_empty() { 2 } else { 3 }];
                return with_header(actor, header, "/login", &form(fields), false);
            }
            actor.token = None;
            let body = json!({ "username": name, "password": password }).to_string();
            with_header(actor, header, "/api/login", &body, true)
        });
        self.compared(name, &reply);
        if who >= BROWSERS {
            self.keep_tokens(who, &reply);
        }
        if matches!(reply.status, 200 | 303) {
            self.clients[who].name = key;
        }
    }

    fn reauthenticate(&mut self, who: usize, right: bool) -> Reply {
        let name = self.clients[who].name.clone();
        let password = self.password(&name, right);
        let reply = self.act(who, |actor| {
            if who < BROWSERS {
                actor.post_form("/reauthenticate", &[("password", &password), ("next", "/account")])
            } else {
                actor.token = None;
                actor.post_json("/api/login", &json!({ "username": name, "password": password }))
            }
        });
        self.compared(&name, &reply);
        if who >= BROWSERS {
            self.keep_tokens(who, &reply);
        }
        reply
    }

    fn change_password(&mut self, who: usize, mut right: bool, new: &str) {
        let name = self.clients[who].name.clone();
        // Earlier wrong passwords are recorded through the queue, and the change is not: which row
        // came first would be left to chance.
        if right && self.guessed.contains(&name) {
            right = matches!(self.reauthenticate(who, true).status, 200 | 303)
                && !self.guessed.contains(&name);
        }
        let old = self.password(&name, right);
        let reply = self.act(who, |actor| {
            if who < BROWSERS {
                actor.post_form(
                    "/account/password",
                    &[("current_password", &old), ("new_password", new)],
                )
            } else {
                actor.post_json(
                    "/api/password",
                    &json!({ "current_password": old, "new_password": new }),
                )
            }
        });
        let changed = reply.status == 204 || reply.location() == "/account";
        if changed {
            self.knows(&name, new);
        } else if reply.body.contains("bad_credentials")
            || reply.body.contains("This is not your current password")
        {
            self.guessed.push(name);
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn with_header(
    actor: &Actor<'_>,
    header: Header<'static>,
    path: &str,
    body: &str,
    json: bool,
) -> Reply {
    let kind = if json { ContentType::JSON } else { ContentType::Form };
    actor.send(actor.request(Method::Post, path).header(kind).header(header).body(body))
}
