//! Forms in which each field appears once: Rocket takes the first of two, but a filter in front of
//! the service may have checked the last.

use std::collections::HashSet;
use std::ops::Deref;

use rocket::data::ToByteUnit;
use rocket::form::error::ErrorKind;
use rocket::form::{DataField, Error, Errors, FromForm, Options, Result, ValueField};
use rocket::request::local_cache;

/// The fields of `T`, each sent at most once; a form with a field twice is refused with 422.
pub(super) struct UniqueFields<T>(T);

impl<T> Deref for UniqueFields<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The fields that were parsed so far. To Rocket `name[]` and `name.x` are `name` too.
pub(super) struct ParsedFields<'r, T: FromForm<'r>> {
    inner: T::Context,
    names: HashSet<&'r str>,
    duplicates: Errors<'r>,
}

impl<'r, T: FromForm<'r>> ParsedFields<'r, T> {
    fn record(&mut self, name: &'r str) {
        if !self.names.insert(name) {
            self.duplicates.push(Error::from(ErrorKind::Duplicate).with_name(name));
        }
    }
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r> + Send> FromForm<'r> for UniqueFields<T> {
    type Context = ParsedFields<'r, T>;

    fn init(options: Options) -> Self::Context {
        ParsedFields { inner: T::init(options), names: HashSet::new(), duplicates: Errors::new() }
    }

    fn push_value(fields: &mut Self::Context, field: ValueField<'r>) {
        fields.record(field.name.key_lossy().as_str());
        T::push_value(&mut fields.inner, field);
    }

    async fn push_data(fields: &mut Self::Context, field: DataField<'r, '_>) {
        fields.record(field.name.key_lossy().as_str());
        if field.file_name.is_some() || !field.content_type.is_plain() {
            return T::push_data(&mut fields.inner, field).await;
        }
        // Some clients give a type to every field of a multipart form; to Rocket such a field is a file.
        let limit = field.request.limits().get("form").unwrap_or_else(|| 32.kibibytes());
        match field.data.open(limit).into_bytes().await {
            Ok(bytes) if bytes.is_complete() => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let value = local_cache!(field.request, text);
                T::push_value(&mut fields.inner, ValueField { name: field.name, value });
            }
            Ok(_) => {
                let error = Error::from((None, Some(limit)));
                T::push_error(&mut fields.inner, error.with_name(field.name));
            }
            Err(error) => {
                T::push_error(&mut fields.inner, Error::from(error).with_name(field.name));
            }
        }
    }

    fn push_error(fields: &mut Self::Context, error: Error<'r>) {
        T::push_error(&mut fields.inner, error);
    }

    fn finalize(fields: Self::Context) -> Result<'r, Self> {
        let inner = T::finalize(fields.inner)?;
        if fields.duplicates.is_empty() { Ok(Self(inner)) } else { Err(fields.duplicates) }
    }
}
