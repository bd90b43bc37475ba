//! The languages of pages, mails and messages: the program's, and those of the operator's directory.
//! Imports no other part.
//!
//! A text has a key and stands, in each language, in a file of Fluent messages (`languages/<tag>/*.ftl`).
//! English has every key, and stands in for what a language lacks.

mod accept;
mod language;
mod messages;
mod sentences;
mod tag;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluent_bundle::FluentResource;
use unic_langid::LanguageIdentifier;

pub use accept::accept_language;
pub use fluent_bundle::FluentValue as Value;
pub use language::Language;
pub use tag::Tag;

use messages::Variables;
use sentences::Sentences;
use vestibule::Error;

/// A file of messages: name and text.
type File<'f> = (&'f str, &'f str);

/// Tag and files of every language of the program.
const BUILT_IN: &[(&str, &[File<'static>])] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The language that has every text.
const ENGLISH: &str = "en";

/// The file whose English sentences are recognised, to be translated.
const SENTENCES: &str = "errors.ftl";

/// All languages, English first; cheap to clone.
#[derive(Clone, Debug)]
pub struct Languages(Arc<[Arc<Language>]>);

/// What an operator's directory holds for one language: tag, and name and text of each file.
type Added = (Tag, Vec<(PathBuf, String)>);

impl Languages {
    /// Reads the program's languages and those of a directory, whose texts count first; returns
    /// warnings about texts there that nothing uses.
    ///
    /// # Errors
    /// A sentence, if the directory or a file cannot be read, a folder there is not named after a
    /// language, or a file holds something that is no message.
    pub fn load(directory: Option<&Path>) -> Result<(Self, Vec<String>), String> {
        let mut added = directory.map_or(Ok(Vec::new()), read)?;
        let files =
            BUILT_IN.iter().find(|(tag, _)| *tag == ENGLISH).map_or(&[][..], |(_, files)| files);
        let (mut variables, mut sentences) = (Variables::default(), Sentences::default());
        let mut english = Vec::new();
        for (name, text) in files {
            let resource = parse(name, text)?;
            variables.extend(&resource);
            if *name == SENTENCES {
                sentences = Sentences::of(&resource);
            }
            english.push(resource);
        }
        let sentences = Arc::new(sentences);
        let (mut all, mut warnings) = (Vec::new(), Vec::new());
        for (tag, files) in BUILT_IN {
            // Those of English are parsed already.
            let files = if *tag == ENGLISH { &[][..] } else { files };
            let tag = tag.parse().map_err(|()| format!("{tag} is no language"))?;
            let own = added.iter().position(|(added, _)| *added == tag);
            let own = own.map(|at| added.swap_remove(at).1).unwrap_or_default();
            all.push((tag, files, own));
        }
        all.extend(added.into_iter().map(|(tag, files)| (tag, &[][..], files)));
        // English first.
        all.sort_by_key(|(tag, ..)| (tag.as_str() != ENGLISH, tag.as_str().to_owned()));
        let mut languages = Vec::new();
        for (tag, files, own) in all {
            let mut language = Language::new(tag, Arc::clone(&sentences));
            match languages.first() {
                None => english.iter().for_each(|resource| language.add(Arc::clone(resource))),
                Some(first) => language.set_english(first, &english),
            }
            for (name, text) in files {
                language.add(parse(name, text)?);
            }
            let is_changed = !own.is_empty();
            for (path, text) in own {
                let name = path.display().to_string();
                let resource = parse(&name, &text)?;
                warnings
                    .extend(variables.differences(&resource).map(|text| format!("{name}: {text}")));
                if languages.is_empty() {
                    english.push(Arc::clone(&resource));
                }
                language.add(resource);
            }
            language.finish(is_changed);
            languages.push(Arc::new(language));
        }
        Ok((Self(languages.into()), warnings))
    }

    /// Returns all languages, English first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Language>> {
        self.0.iter()
    }

    /// Returns the language with this tag.
    #[must_use]
    pub fn find(&self, tag: &str) -> Option<&Arc<Language>> {
        self.0.iter().find(|language| language.tag().as_str() == tag)
    }

    /// Parses the tag of a language that a user chooses; none is the language of each request.
    ///
    /// # Errors
    /// 422 `invalid_field` naming `language`.
    pub fn parse(&self, tag: Option<&str>) -> Result<Option<Tag>, Error> {
        let Some(tag) = tag else { return Ok(None) };
        match self.find(tag) {
            Some(language) => Ok(Some(language.tag())),
            None => Err(Error::invalid_field("language", "This language is not available.")),
        }
    }

    /// Returns the language of a setting, or else the one of a header `Accept-Language`, or else
    /// English; and whether it depends on the header.
    #[must_use]
    pub fn choose(&self, setting: Option<&str>, header: Option<&str>) -> (&Arc<Language>, bool) {
        if let Some(language) = setting.and_then(|tag| self.find(tag)) {
            return (language, false);
        }
        let found = header.and_then(|header| accept::choose(&self.0, header));
        (found.unwrap_or(&self.0[0]), true)
    }
}

fn parse(name: &str, text: &str) -> Result<Arc<FluentResource>, String> {
    FluentResource::try_new(text.to_owned()).map(Arc::new).map_err(|(_, errors)| {
        let error = errors.first().map(ToString::to_string).unwrap_or_default();
        let line = errors.first().map_or(0, |error| text[..error.pos.start].lines().count().max(1));
        format!("{name}, near line {line}: {error}")
    })
}

/// Reads the folders of a directory, each named after a language.
fn read(directory: &Path) -> Result<Vec<Added>, String> {
    let failed = |path: &Path, cause| format!("{}: {cause}", path.display());
    let entries = |path: &Path| -> Result<Vec<PathBuf>, String> {
        let found = fs::read_dir(path).map_err(|cause| failed(path, cause))?;
        let paths: Result<Vec<_>, _> = found.map(|entry| entry.map(|entry| entry.path())).collect();
        let mut paths = paths.map_err(|cause| failed(path, cause))?;
        paths.sort();
        Ok(paths)
    };
    let mut added = Vec::new();
    for folder in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let tag = name.parse().map_err(|()| {
            format!("{} is not named after a language, such as nl or pt-BR", folder.display())
        })?;
        let mut files = Vec::new();
        for path in entries(&folder)? {
            if path.extension().is_some_and(|end| end == "ftl") {
                let text = fs::read_to_string(&path).map_err(|cause| failed(&path, cause))?;
                files.push((path, text));
            }
        }
        added.push((tag, files));
    }
    Ok(added)
}

/// Returns the language for plural forms.
fn identifier(tag: Tag) -> LanguageIdentifier {
    tag.as_str().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests;
