use proptest::prelude::*;
use rocket::http::ContentType;
use rocket::post;
use rocket::serde::json::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vestibule::guards::JsonObject;

use crate::app::App;
use crate::inputs::{changed_bytes, changes, check, edited, edits, has_name_twice, object, words};

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Item {
    title: String,
    count: Option<u32>,
}

#[post("/json", data = "<item>")]
pub(crate) fn echo(item: JsonObject<Item>) -> Json<Item> {
    Json(item.into_inner())
}

/// What the fields of an object say; `None` if they are not of their types.
fn item_of(map: &Value) -> Option<Value> {
    let title = map.get("title")?.as_str()?;
    let count = map.get("count").unwrap_or(&Value::Null);
    let is_count =
        count.is_null() || count.as_u64().is_some_and(|count| u32::try_from(count).is_ok());
    is_count.then(|| json!({ "title": title, "count": count }))
}

#[test]
fn a_body_is_read_exactly_if_it_is_an_object_of_these_types_without_a_name_twice() {
    let app = App::new();
    let pairs = [("title", "\"one\""), ("count", "3"), ("note", "{\"a\":[1,2]}")];
    let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let values = words(
        r#"null true "" "\ud83d\ude00" "\ud800" "\u0000" 4294967295 4294967296 -1 1.0 1e3 1e400 [] {"title":"two"}
        {"a":1,"a":2} [[[[[[]]]]]]"#,
    );
    let edits = edits(3, values);
    let bytes = prop_oneof![1 => Just(Vec::new()), 1 => changes(3)];
    check(&(edits, bytes), |(edits, bytes)| {
        let pairs = edited(pairs.clone(), &edits);
        let body = changed_bytes(object(&pairs).as_bytes(), &bytes);
        let request = app.client.post("/json").header(ContentType::JSON).body(&body);
        let reply = app.send(request);
        let shown = || String::from_utf8_lossy(&body).into_owned();
        let map = serde_json::from_slice::<Value>(&body).ok().filter(Value::is_object);
        let is_unique = !bytes.is_empty() || !has_name_twice(&pairs);
        let expected = map.as_ref().and_then(item_of).filter(|_| is_unique);
        match reply {
            Ok(text) => {
                let read: Value = serde_json::from_str(&text).expect("JSON");
                prop_assert_eq!(Some(read), expected, "{}", shown());
            }
            Err(status) => {
                prop_assert!(matches!(status, 400 | 413 | 422), "{}: {}", status, shown());
                // After other changes a name may be twice there.
                prop_assert!(expected.is_none() || !bytes.is_empty(), "{}: {}", status, shown());
            }
        }
        Ok(())
    });
}
