//! The functions of the templates: `t` is a text in the language of the page, `html` one with markup.

use std::collections::HashMap;

use tera::{Function, Value as Json};

use super::page_language::PageLanguage;
use crate::http::visible;
use crate::languages::Value;

/// The end of the name of a variable that is markup already.
const MARKUP: &str = "_html";

/// The function `t`: the text with the key `key`, and the other arguments for its variables. The
/// template escapes all of it.
pub(super) struct Text(pub(super) PageLanguage);

impl Function for Text {
    fn call(&self, arguments: &HashMap<String, Json>) -> tera::Result<Json> {
        let key = key(arguments)?;
        let text = self.0.with(|language| match arguments.len() {
            1 => language.text(key),
            _ => language.format(key, values(arguments, str::to_owned)),
        });
        text.map(Json::String)
    }
}

/// The function `html`: as `t`, but the text may hold markup; the values of its variables are escaped,
/// except those with a name that ends in `_html`.
pub(super) struct Html(pub(super) PageLanguage);

impl Function for Html {
    fn call(&self, arguments: &HashMap<String, Json>) -> tera::Result<Json> {
        let escape = |text: &str| tera::escape_html(&visible(text));
        let key = key(arguments)?;
        self.0.with(|language| language.format(key, values(arguments, escape))).map(Json::String)
    }

    /// It escapes the values itself.
    fn is_safe(&self) -> bool {
        true
    }
}

fn key(arguments: &HashMap<String, Json>) -> tera::Result<&str> {
    let key = arguments.get("key").and_then(Json::as_str);
    key.ok_or_else(|| tera::Error::msg("a text has a `key`"))
}

fn values<'a>(
    arguments: &'a HashMap<String, Json>,
    escape: impl Fn(&str) -> String,
) -> Vec<(&'a str, Value<'a>)> {
    let value = |name: &str, value: &'a Json| match value {
        Json::String(text) if name.ends_with(MARKUP) => Value::from(text.as_str()),
        Json::String(text) => Value::from(escape(text)),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number),
            None => Value::from(number.to_string()),
        },
        other => Value::from(escape(&other.to_string())),
    };
    let variables = arguments.iter().filter(|(name, _)| *name != "key");
    variables.map(|(name, json)| (name.as_str(), value(name, json))).collect()
}
