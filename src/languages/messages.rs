//! What the messages of a file consist of.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};

/// The value of a message.
pub(super) type Text<'m> = &'m Pattern<&'m str>;

/// Returns key and value of every message.
pub(super) fn of(resource: &FluentResource) -> impl Iterator<Item = (&str, Text<'_>)> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name, message.value.as_ref()?)),
        _ => None,
    })
}

/// Returns the text of a message that has no placeable.
pub(super) fn fixed(pattern: Text<'_>) -> Option<String> {
    let text = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => Some((*value).to_owned()),
        PatternElement::Placeable { .. } => None,
    };
    pattern.elements.iter().map(text).collect()
}

/// The variables of every message, and the messages that it refers to as `name()`.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, BTreeSet<String>>);

impl Variables {
    /// Adds the messages of a file.
    pub(super) fn extend(&mut self, resource: &FluentResource) {
        for (key, pattern) in of(resource) {
            let mut names = BTreeSet::new();
            collect(pattern, &mut names);
            self.0.insert(key.to_owned(), names);
        }
    }

    /// Returns what messages name that these do not: themselves, a variable, or another message.
    pub(super) fn differences(&self, resource: &FluentResource) -> impl Iterator<Item = String> {
        let mut found = Vec::new();
        for (key, pattern) in of(resource) {
            let Some(known) = self.with_references(key) else {
                found.push(format!("no text has the key {key}"));
                continue;
            };
            let mut names = BTreeSet::new();
            collect(pattern, &mut names);
            let unknown = names.iter().filter(|name| {
                let referred = name.strip_suffix("()").map(|name| self.0.contains_key(name));
                !referred.unwrap_or_else(|| known.contains(*name))
            });
            found.extend(unknown.map(|name| format!("{key} has no variable {name}")));
        }
        found.into_iter()
    }

    /// Returns the variables of a message and of those that it refers to.
    fn with_references(&self, key: &str) -> Option<BTreeSet<String>> {
        let mut names = self.0.get(key)?.clone();
        for name in self.0.get(key)? {
            if let Some(referred) = name.strip_suffix("()").and_then(|name| self.0.get(name)) {
                names.extend(referred.iter().cloned());
            }
        }
        Some(names)
    }

    #[cfg(test)]
    pub(super) fn into_inner(self) -> BTreeMap<String, BTreeSet<String>> {
        let keys: Vec<String> = self.0.keys().cloned().collect();
        let whole = |key: String| {
            let names = self.with_references(&key).unwrap_or_default();
            (key, names.into_iter().filter(|name| !name.ends_with("()")).collect())
        };
        keys.into_iter().map(whole).collect()
    }
}

fn collect(pattern: Text<'_>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_of(expression, names);
        }
    }
}

fn collect_of(expression: &Expression<&str>, names: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => collect_inline(inline, names),
        Expression::Select { selector, variants } => {
            collect_inline(selector, names);
            for variant in variants {
                collect(&variant.value, names);
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    let mut all = |CallArguments { positional, named }: &CallArguments<&str>| {
        for argument in positional.iter().chain(named.iter().map(|named| &named.value)) {
            collect_inline(argument, names);
        }
    };
    match inline {
        InlineExpression::VariableReference { id } => {
            names.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => {
            names.insert(format!("{}()", id.name));
        }
        InlineExpression::FunctionReference { arguments, .. } => all(arguments),
        InlineExpression::TermReference { arguments, .. } => arguments.iter().for_each(all),
        InlineExpression::Placeable { expression } => collect_of(expression, names),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
    }
}
