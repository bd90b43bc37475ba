//! The document as a page: plain HTML, rendered by Tera.

use serde_json::Value;
use tera::{Context, Tera};

/// Renders the page, with the icon of the pages of accounts where there are such.
///
/// # Errors
/// A sentence if the template fails.
pub(super) fn render(document: &Value, has_pages: bool) -> Result<String, String> {
    let mut context = Context::new();
    context.insert("has_pages", &has_pages);
    context.insert("document", document);
    Tera::one_off(include_str!("docs.html.tera"), &context, true)
        .map_err(|cause| format!("{cause:?}"))
}
