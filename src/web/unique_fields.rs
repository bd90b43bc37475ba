//! Forms in which each field comes once: Rocket would take the first of two, and whatever
//! looked at the form before us may have taken the last.

use std::collections::HashSet;
use std::ops::Deref;

use rocket::form::error::ErrorKind;
use rocket::form::{DataField, Error, Errors, FromForm, Options, Result, ValueField};

/// The fields of `T`, each sent at most once; a form with a field twice is 422.
pub(super) struct UniqueFields<T>(T);

impl<T> Deref for UniqueFields<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What has come so far.
pub(super) struct Seen<'r, T: FromForm<'r>> {
    inner: T::Context,
    names: HashSet<&'r str>,
    twice: Errors<'r>,
}

impl<'r, T: FromForm<'r>> Seen<'r, T> {
    fn note(&mut self, name: &'r str) {
        if !self.names.insert(name) {
            self.twice.push(Error::from(ErrorKind::Duplicate).with_name(name));
        }
    }
}

#[rocket::async_trait]
impl<'r, T: FromForm<'r> + Send> FromForm<'r> for UniqueFields<T> {
    type Context = Seen<'r, T>;

    fn init(options: Options) -> Self::Context {
        Seen { inner: T::init(options), names: HashSet::new(), twice: Errors::new() }
    }

    fn push_value(seen: &mut Self::Context, field: ValueField<'r>) {
        seen.note(field.name.source().as_str());
        T::push_value(&mut seen.inner, field);
    }

    async fn push_data(seen: &mut Self::Context, field: DataField<'r, '_>) {
        seen.note(field.name.source().as_str());
        T::push_data(&mut seen.inner, field).await;
    }

    fn push_error(seen: &mut Self::Context, error: Error<'r>) {
        T::push_error(&mut seen.inner, error);
    }

    fn finalize(seen: Self::Context) -> Result<'r, Self> {
        let inner = T::finalize(seen.inner)?;
        if seen.twice.is_empty() { Ok(Self(inner)) } else { Err(seen.twice) }
    }
}
