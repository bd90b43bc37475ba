//! The templates of the pages, built into the program. A directory can override each of them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rocket::fairing::Fairing;
use rocket::figment::Figment;
use rocket::figment::value::magic::RelativePathBuf;
use rocket_dyn_templates::Template;
use tera::{self, Context, Tera};

use super::filters;
use super::page_language::PageLanguage;
use super::texts::{Html, Text};
use crate::http::visible;
use crate::languages::Language;

/// Name and text of every built-in template.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The initial capacity for a page, in bytes; most are smaller.
const PAGE_CAPACITY: usize = 6 * 1024;

/// The template that all pages extend. A directory without it overrides nothing.
const LAYOUT: &str = "layout.html.tera";

/// Where the templates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Templates {
    /// A directory; templates that it does not hold are the built-in ones.
    Directory(PathBuf),
    /// Only the built-in ones.
    BuiltIn,
}

impl Templates {
    /// Returns the directory in the setting `template_dir`, else `templates` if it is a directory of
    /// templates, else the built-in templates.
    ///
    /// # Errors
    /// A sentence, if the directory is set or holds templates, but not the layout.
    pub fn find(figment: &Figment) -> Result<Self, String> {
        let named = figment.extract_inner::<RelativePathBuf>("template_dir").ok();
        let named = named.map(|found| found.relative());
        let directory = named.clone().unwrap_or_else(|| PathBuf::from("templates"));
        if directory.join(LAYOUT).is_file() {
            Ok(Self::Directory(directory))
        } else if named.is_some() || files_of(&directory).next().is_some() {
            Err(format!(
                "{} does not hold {LAYOUT}, which all pages are made of; copy it there, or let \
                 the program use its own",
                directory.display()
            ))
        } else {
            Ok(Self::BuiltIn)
        }
    }

    /// Returns the path for Rocket's `template_dir`, which must exist: without a directory that of
    /// the program's own file, where the engine finds no templates.
    ///
    /// # Errors
    /// A sentence, if the path of the program's file is unknown.
    pub fn path(&self) -> Result<PathBuf, String> {
        match self {
            Self::Directory(directory) => Ok(directory.clone()),
            Self::BuiltIn => std::env::current_exe()
                .map_err(|cause| format!("the path of the program's own file is unknown: {cause}")),
        }
    }

    /// Loads all templates, as a start does.
    ///
    /// # Errors
    /// A sentence with the engine's errors, if a template is invalid.
    pub fn check(&self) -> Result<(), String> {
        let mut tera = Tera::default();
        if let Self::Directory(directory) = self {
            let files = files_of(directory).filter_map(|path| {
                let name = path.file_name()?.to_str()?.split('.').next()?.to_owned();
                Some((path, Some(name)))
            });
            tera.add_template_files(files).map_err(|error| error_chain(&error))?;
        }
        add_built_in(&mut tera).map_err(|error| error_chain(&error))
    }
}

/// Returns an error of the engine and its causes in one line.
pub(super) fn error_chain(error: &tera::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files_of(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let files = directory.read_dir().into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "tera"))
}

/// The template engine with all templates, as Rocket loaded them last: in a debug build Rocket reloads
/// the directory when a file there changes.
#[derive(Clone, Default)]
pub(super) struct Engine {
    tera: Arc<RwLock<Tera>>,
    language: PageLanguage,
}

impl Engine {
    /// Returns the fairing that loads the directory and adds the built-in templates.
    pub(super) fn fairing(&self) -> impl Fairing {
        let engine = self.clone();
        Template::try_custom(move |engines| {
            // Taken and not cloned: nothing is rendered by Rocket's `Template`.
            let mut tera = std::mem::take(&mut engines.tera);
            add_built_in(&mut tera)?;
            add_words(&mut tera, &engine.language);
            *engine.tera.write().unwrap_or_else(PoisonError::into_inner) = tera;
            Ok(())
        })
    }

    /// Renders a template in a language, as UTF-8.
    pub(super) fn render(
        &self,
        template: &str,
        context: &Context,
        language: &Arc<Language>,
    ) -> tera::Result<Vec<u8>> {
        let mut page = Vec::with_capacity(PAGE_CAPACITY);
        let tera = self.tera.read().unwrap_or_else(PoisonError::into_inner);
        self.language.render_in(language, || tera.render_to(template, context, &mut page))?;
        Ok(page)
    }
}

/// Adds the built-in templates that are not overridden.
fn add_built_in(tera: &mut Tera) -> tera::Result<()> {
    // For every file name: all values are escaped.
    tera.autoescape_on(vec![""]);
    tera.set_escape_fn(|text| tera::escape_html(&visible(text)));
    tera.register_filter("value", filters::FieldValue);
    let found: Vec<String> = tera.get_template_names().map(str::to_owned).collect();
    let missing = BUILT_IN.iter().filter(|(name, _)| !found.iter().any(|found| found == name));
    tera.add_raw_templates(missing.copied())
}

/// Adds the functions and filters that return words in the language of the page.
fn add_words(tera: &mut Tera, language: &PageLanguage) {
    tera.register_function("t", Text(language.clone()));
    tera.register_function("html", Html(language.clone()));
    tera.register_filter("time", filters::Time(language.clone()));
    tera.register_filter("device", filters::Device(language.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(debug_assertions)]
    use crate::languages::Languages;

    #[test]
    fn every_text_in_a_form_field_keeps_its_hidden_characters() {
        for (name, text) in BUILT_IN {
            for field in text.split("value=\"").skip(1) {
                let value = field.split('"').next().unwrap_or_default();
                let keeps = !value.contains("{{") || value.contains("| value }}");
                assert!(keeps || value == "{{ life.seconds }}", "{name}: {value}");
            }
        }
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_template_that_changes_is_drawn_anew_in_a_debug_build() {
        let directory = tempfile::tempdir().expect("a directory");
        let layout = directory.path().join(LAYOUT);
        std::fs::write(&layout, "before").expect("a new file");
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("template_dir", directory.path()));
        let (languages, _) = Languages::load(None).expect("the languages");
        let engine = Engine::default();
        let english = languages.find("en").expect("English");
        let rocket = rocket::custom(figment).attach(engine.fairing());
        let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
        let render = || {
            client.get("/").dispatch();
            engine.render("layout", &Context::new(), english).expect("a page")
        };
        assert_eq!(render(), b"before");
        let began = std::time::Instant::now();
        // Rocket notices a change with a delay.
        while render() != b"after" {
            assert!(began.elapsed().as_secs() < 20, "still {:?}", render());
            std::fs::write(&layout, "after").expect("a file");
        }
    }
}
