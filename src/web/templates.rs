//! The pages' templates: part of the program. A directory of templates overrides them, one by
//! one.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rocket::fairing::Fairing;
use rocket::figment::Figment;
use rocket::figment::value::magic::RelativePathBuf;
use rocket_dyn_templates::Template;
use tera::{self, Context, Tera};

/// Name and text of every template, as they were when the program was built.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Room for a page, in bytes: most have less.
const PAGE: usize = 6 * 1024;

/// What all pages are made of. A directory without it overrides nothing.
const LAYOUT: &str = "layout.html.tera";

/// Where the templates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Templates {
    /// A directory; what it does not hold comes from the program.
    Directory(PathBuf),
    /// The program alone.
    BuiltIn,
}

impl Templates {
    /// What `template_dir` means: the directory that it names, else `templates` where that is
    /// one, else the program.
    ///
    /// # Errors
    /// A sentence, when a directory is named or holds templates, but not the one that all pages
    /// are made of.
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

    /// What the engine is told to read. It insists on something that is there, so without a
    /// directory it is told to look at the program, where it finds no file of a template.
    ///
    /// # Errors
    /// A sentence, when the program does not find itself.
    pub fn path(&self) -> Result<PathBuf, String> {
        match self {
            Self::Directory(directory) => Ok(directory.clone()),
            Self::BuiltIn => std::env::current_exe()
                .map_err(|cause| format!("the program does not find itself: {cause}")),
        }
    }

    /// Reads all templates, as a start does.
    ///
    /// # Errors
    /// A sentence with the engine's words, when one of them is none.
    pub fn check(&self) -> Result<(), String> {
        let mut tera = Tera::default();
        if let Self::Directory(directory) = self {
            let files = files_of(directory).filter_map(|path| {
                let name = path.file_name()?.to_str()?.split('.').next()?.to_owned();
                Some((path, Some(name)))
            });
            tera.add_template_files(files).map_err(|error| words(&error))?;
        }
        complete(&mut tera).map_err(|error| words(&error))
    }
}

/// The engine's words, which come in layers, in one line.
pub(super) fn words(error: &tera::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said += &format!(": {error}");
        cause = error.source();
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files_of(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let files = directory.read_dir().into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "tera"))
}

/// The engine with all templates, as Rocket loaded it last: in a debug build it loads the
/// directory anew when a file there changes.
#[derive(Clone, Default)]
pub(super) struct Engine(Arc<RwLock<Tera>>);

impl Engine {
    /// Reads the directory and adds what it does not hold.
    pub(super) fn fairing(&self) -> impl Fairing {
        let engine = self.clone();
        Template::try_custom(move |engines| {
            complete(&mut engines.tera)?;
            *engine.0.write().unwrap_or_else(PoisonError::into_inner) = engines.tera.clone();
            Ok(())
        })
    }

    /// A template with what it is to show, as UTF-8.
    pub(super) fn draw(&self, template: &str, context: &Context) -> tera::Result<Vec<u8>> {
        let mut page = Vec::with_capacity(PAGE);
        let tera = self.0.read().unwrap_or_else(PoisonError::into_inner);
        tera.render_to(template, context, &mut page)?;
        Ok(page)
    }
}

fn complete(tera: &mut Tera) -> tera::Result<()> {
    // Whatever its name: nothing here is drawn without escaping.
    tera.autoescape_on(vec![""]);
    let found: Vec<String> = tera.get_template_names().map(str::to_owned).collect();
    let missing = BUILT_IN.iter().filter(|(name, _)| !found.iter().any(|found| found == name));
    tera.add_raw_templates(missing.copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(debug_assertions)]
    #[test]
    fn a_template_that_changes_is_drawn_anew_in_a_debug_build() {
        let directory = tempfile::tempdir().expect("a directory");
        let layout = directory.path().join(LAYOUT);
        std::fs::write(&layout, "before").expect("a new file");
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("log_level", "off"))
            .merge(("template_dir", directory.path()));
        let engine = Engine::default();
        let rocket = rocket::custom(figment).attach(engine.fairing());
        let client = rocket::local::blocking::Client::untracked(rocket).expect("a launch");
        let drawn = || {
            client.get("/").dispatch();
            engine.draw("layout", &Context::new()).expect("a page")
        };
        assert_eq!(drawn(), b"before");
        let began = std::time::Instant::now();
        // A directory is watched, and not at once.
        while drawn() != b"after" {
            assert!(began.elapsed().as_secs() < 20, "still {:?}", drawn());
            std::fs::write(&layout, "after").expect("a file");
        }
    }
}
