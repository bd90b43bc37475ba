//! The language of a page, for functions and filters of the templates: Tera passes them no context.

use std::cell::RefCell;
use std::sync::Arc;

use thread_local::ThreadLocal;

use crate::languages::Language;

/// The language of the page that each thread renders now.
#[derive(Clone, Default)]
pub(super) struct PageLanguage(Arc<ThreadLocal<RefCell<Option<Arc<Language>>>>>);

impl PageLanguage {
    /// Renders on this thread in a language.
    pub(super) fn render_in<T>(&self, language: &Arc<Language>, render: impl FnOnce() -> T) -> T {
        let current = self.0.get_or_default();
        current.replace(Some(Arc::clone(language)));
        let rendered = render();
        current.replace(None);
        rendered
    }

    /// Passes a function the language in which this thread renders; an error if it renders nothing.
    pub(super) fn with<T>(&self, function: impl FnOnce(&Language) -> T) -> tera::Result<T> {
        let language = self.0.get_or_default().borrow();
        let language = language.as_deref();
        language.map(function).ok_or_else(|| tera::Error::msg("no page is rendered"))
    }
}
