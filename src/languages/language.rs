//! One language: its texts, with what stands in their variables.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use time::{OffsetDateTime, UtcOffset};

use super::messages;
use super::sentences::Sentences;
use super::tag::Tag;
use super::{ENGLISH, identifier};

/// A language.
pub struct Language {
    tag: Tag,
    name: String,
    bundle: FluentBundle<Arc<FluentResource>>,
    sentences: Arc<Sentences>,
    /// The keys of texts that it lacks, which it takes from English.
    missing: HashSet<String>,
    /// `None` for English itself.
    english: Option<Arc<Language>>,
    /// Whether the operator has changed texts.
    is_changed: bool,
}

impl Language {
    pub(super) fn new(tag: Tag, sentences: Arc<Sentences>) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![identifier(tag)]);
        // The marks would be copied with a name or a link.
        bundle.set_use_isolating(false);
        let name = tag.as_str().to_owned();
        let missing = HashSet::new();
        Self { tag, name, bundle, sentences, missing, english: None, is_changed: false }
    }

    /// Sets English, with its messages, for texts that the language lacks. Called before `add`.
    pub(super) fn set_english(&mut self, english: &Arc<Self>, messages: &[Arc<FluentResource>]) {
        for resource in messages {
            self.missing.extend(messages::of(resource).map(|(key, _)| key.to_owned()));
            // For references to them.
            self.bundle.add_resource_overriding(Arc::clone(resource));
        }
        self.english = Some(Arc::clone(english));
    }

    /// Adds messages, which take the place of those with the same keys.
    pub(super) fn add(&mut self, resource: Arc<FluentResource>) {
        for (key, _) in messages::of(&resource) {
            self.missing.remove(key);
        }
        self.bundle.add_resource_overriding(resource);
    }

    /// Completes the language, once all its messages are added.
    pub(super) fn finish(&mut self, is_changed: bool) {
        self.is_changed = is_changed;
        self.missing.shrink_to_fit();
        if !self.missing.contains("language-name") {
            self.name = self.text("language-name");
        }
    }

    /// Returns the tag.
    #[must_use]
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Returns the name of the language in itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is English, in which the program knows its sentences.
    #[must_use]
    pub fn is_english(&self) -> bool {
        self.tag.as_str() == ENGLISH
    }

    /// Returns a text without variables; the key, if there is no such text.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.format(key, Vec::new())
    }

    /// Returns a text with the values of its variables; the key, if there is no such text.
    #[must_use]
    pub fn format<'v>(&self, key: &str, values: Vec<(&'v str, FluentValue<'v>)>) -> String {
        if let Some(english) = self.english.as_ref().filter(|_| self.missing.contains(key)) {
            // Its rules make the plural forms.
            return english.format(key, values);
        }
        let message = self.bundle.get_message(key).and_then(|message| message.value());
        let Some(pattern) = message else { return key.to_owned() };
        let values: FluentArgs<'v> = values.into_iter().collect();
        // A variable that is not given is shown by its name.
        self.bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
    }

    /// Returns a time for people, such as `1 May 2025, 09:30 UTC`.
    #[must_use]
    pub fn date(&self, time: OffsetDateTime) -> String {
        let time = time.to_offset(UtcOffset::UTC);
        let (hour, minute) = (time.hour(), time.minute());
        let values = vec![
            ("day", time.day().into()),
            ("month", u8::from(time.month()).into()),
            ("year", time.year().to_string().into()),
            ("time", format!("{hour:02}:{minute:02}").into()),
        ];
        self.format("date", values)
    }

    /// Returns the name of a browser and its system, such as `Chrome on Linux`; any other name as it is.
    #[must_use]
    pub fn program(&self, english: &str) -> String {
        match english.split_once(" on ") {
            None => english.to_owned(),
            Some((browser, system)) => {
                let values = vec![("browser", browser.into()), ("system", system.into())];
                self.format("device-name", values)
            }
        }
    }

    /// Whether there is such a text.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// Returns the translation of a sentence of an error, or else the sentence.
    #[must_use]
    pub fn sentence<'s>(&'s self, english: &'s str) -> Cow<'s, str> {
        if self.is_english() && !self.is_changed {
            return english.into();
        }
        match self.sentences.find(english) {
            None => english.into(),
            Some((key, found)) => {
                let value = |(name, text): (&'s str, &'s str)| (name, self.value(name, text));
                let values = found.into_iter().map(value).collect();
                self.format(key, values).into()
            }
        }
    }

    /// Returns what stands for a part of an English sentence.
    fn value<'s>(&'s self, name: &str, text: &'s str) -> FluentValue<'s> {
        match name {
            "count" => text.parse::<u64>().map_or_else(|_| text.into(), FluentValue::from),
            "duration" | "sentence" => self.sentence(text).into(),
            _ => text.into(),
        }
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Language").field(&self.tag).finish()
    }
}
