//! What is random in a response, under names that are the same on both databases.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::actor::Reply;

/// The random values that a player has met, in the order in which it met them.
#[derive(Default)]
pub(crate) struct Names {
    sign_ins: Vec<String>,
    refresh_tokens: Vec<String>,
    links: Vec<String>,
}

impl Names {
    /// Registers the id of a sign-in; returns whether it is a new one.
    pub(crate) fn sign_in(&mut self, id: &str) -> bool {
        let new = !self.sign_ins.iter().any(|known| known == id);
        if new {
            self.sign_ins.push(id.to_owned());
        }
        new
    }

    pub(crate) fn sign_ins(&self) -> &[String] {
        &self.sign_ins
    }

    pub(crate) fn link(&mut self, token: &str) {
        self.links.push(token.to_owned());
    }

    /// A text with each random value replaced.
    pub(crate) fn replace(&self, text: &str) -> String {
        let named = |mut text: String, kind: &str, values: &[String]| {
            for (number, value) in values.iter().enumerate() {
                text = text.replace(value.as_str(), &format!("<{kind} {number:02}>"));
            }
            text
        };
        named(named(text.to_owned(), "sign-in", &self.sign_ins), "link", &self.links)
    }

    /// A response as lines: the status, the headers, the cookies and the body.
    pub(crate) fn answer(&mut self, reply: &Reply) -> String {
        let reply = reply.clone().without_id();
        let mut headers: Vec<_> = reply
            .headers
            .iter()
            .filter(|(name, _)| name != "set-cookie" && name != "content-length")
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        headers.extend(reply.cookies().into_iter().map(cookie));
        headers.sort();
        let body = match serde_json::from_str::<Value>(&reply.body) {
            Ok(mut json) => {
                self.redact(&mut json);
                self.by_number(&mut json);
                serde_json::to_string_pretty(&json).expect("JSON")
            }
            Err(_) => reply.body.clone(),
        };
        let body = self.replace(&body);
        self.replace(&format!("{}\n{}\n", reply.status, headers.join("\n"))) + &body
    }

    /// Tokens become their claims, and what is random in there goes.
    pub(crate) fn redact(&mut self, json: &mut Value) {
        match json {
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match (name.as_str(), value.as_str()) {
                        // Which database it is, says only `/health`.
                        ("jti" | "hash" | "database", _) | ("request_id", Some(_)) => {
                            *value = json!("<random>");
                        }
                        ("access_token", Some(token)) => *value = self.claims(token),
                        ("refresh_token", Some(token)) => {
                            let claims = self.claims(token);
                            let number = self.refresh_token(token);
                            *value = json!({ "number": number, "claims": claims });
                        }
                        _ => self.redact(value),
                    }
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.redact(value)),
            _ => {}
        }
    }

    /// Sign-ins of the same moment come by their ids, which are random: seen to be in order,
    /// they are put into the order in which they were started.
    fn by_number(&self, json: &mut Value) {
        let Some(Value::Array(rows)) = json.get_mut("sign_ins") else { return };
        let key = |row: &Value| {
            // A key that was never used comes as if it had been when it was made.
            let seen = if row["last_seen_at"].is_null() { "created_at" } else { "last_seen_at" };
            [seen, "created_at", "id"].map(|name| row[name].as_str().map(str::to_owned))
        };
        let ordered = rows.windows(2).all(|pair| key(&pair[0]) > key(&pair[1]));
        assert!(ordered, "sign-ins come in no order: {rows:#?}");
        rows.sort_by_key(|row| self.sign_ins.iter().position(|id| row["id"] == id.as_str()));
    }

    /// A replay must give the same successor again.
    fn refresh_token(&mut self, token: &str) -> usize {
        let known = self.refresh_tokens.iter().position(|known| known == token);
        known.unwrap_or_else(|| {
            self.refresh_tokens.push(token.to_owned());
            self.refresh_tokens.len() - 1
        })
    }

    fn claims(&mut self, token: &str) -> Value {
        let mut claims = claims_of(token);
        self.redact(&mut claims);
        claims
    }
}

fn claims_of(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a token has three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The sign-in that a token presents.
pub(crate) fn sign_in_of(token: &str) -> Option<String> {
    claims_of(token)["sid"].as_str().map(str::to_owned)
}

/// A cookie whose value is sealed, without it; the day on which it ends is the real clock's.
fn cookie(field: &str) -> String {
    let (name, rest) = field.split_once('=').expect("a cookie has a name");
    let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
    let sealed = matches!(name, "session" | "remember_token") && !value.is_empty();
    let attributes: Vec<_> =
        attributes.split(';').filter(|one| !one.trim().starts_with("Expires=")).collect();
    format!(
        "set-cookie: {name}={};{}",
        if sealed { "<sealed>" } else { value },
        attributes.join(";")
    )
}
