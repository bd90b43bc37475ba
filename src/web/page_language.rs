//! The language of the page that a thread renders, for functions and filters of the templates: the
//! engine passes them none.

use std::cell::RefCell;
use std::sync::Arc;

use thread_local::ThreadLocal;

use crate::languages::Language;

/// The language of the page that each thread renders.
#[derive(Clone, Default)]
pub(super) struct PageLanguage(Arc<ThreadLocal<RefCell<Option<Arc<Language>>>>>);

impl PageLanguage {
    /// Sets the language of what this thread renders next.
    pub(super) fn set(&self, language: &Arc<Language>) {
        self.0.get_or_default().replace(Some(Arc::clone(language)));
    }

    /// Returns the language of what this thread renders; an error if none is set.
    pub(super) fn get(&self) -> tera::Result<Arc<Language>> {
        let language = self.0.get_or_default().borrow().clone();
        language.ok_or_else(|| tera::Error::msg("no page is rendered"))
    }
}
