//! Recognises the English sentences of errors. The library and the rules of the accounts know English
//! alone, as logs, the command line and programs do; pages and Problem JSON translate what they show.

use std::collections::HashMap;

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement, VariantKey};

use super::messages;

/// A piece of a sentence.
#[derive(Debug)]
enum Part {
    Text(String),
    Variable(String),
}

/// A sentence with variables.
#[derive(Debug)]
struct Template {
    key: String,
    parts: Vec<Part>,
    /// A variable whose value the sentence does not hold, because it is that of a plural form.
    implied: Option<String>,
}

/// All sentences, with their keys.
#[derive(Debug, Default)]
pub(super) struct Sentences {
    fixed: HashMap<String, String>,
    templates: Vec<Template>,
}

impl Sentences {
    /// Reads the English messages of a file.
    pub(super) fn of(resource: &FluentResource) -> Self {
        let mut sentences = Self::default();
        for (key, pattern) in messages::of(resource) {
            match messages::fixed(pattern) {
                Some(text) => drop(sentences.fixed.insert(text, key.to_owned())),
                None => sentences.add(key, pattern, None),
            }
        }
        sentences
    }

    fn add(&mut self, key: &str, pattern: &Pattern<&str>, implied: Option<&str>) {
        let mut parts = Vec::new();
        for element in &pattern.elements {
            parts.push(match element {
                PatternElement::TextElement { value } => Part::Text((*value).to_owned()),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => Part::Variable(id.name.to_owned()),
                PatternElement::Placeable {
                    expression:
                        Expression::Select {
                            selector: InlineExpression::VariableReference { id },
                            variants,
                        },
                } => {
                    for variant in variants {
                        let one = matches!(variant.key, VariantKey::Identifier { name: "one" });
                        self.add(key, &variant.value, one.then_some(id.name));
                    }
                    return;
                }
                PatternElement::Placeable { .. } => return,
            });
        }
        let implied = implied.map(str::to_owned);
        self.templates.push(Template { key: key.to_owned(), parts, implied });
    }

    /// Returns the key of a sentence, and what stands in its variables.
    pub(super) fn find<'s>(&'s self, text: &'s str) -> Option<(&'s str, Vec<(&'s str, &'s str)>)> {
        if let Some(key) = self.fixed.get(text) {
            return Some((key, Vec::new()));
        }
        self.templates.iter().find_map(|template| Some((&*template.key, template.read(text)?)))
    }
}

impl Template {
    /// Returns what stands in the variables; `None` for another sentence.
    fn read<'s>(&'s self, text: &'s str) -> Option<Vec<(&'s str, &'s str)>> {
        let mut values: Vec<(&str, &str)> = Vec::new();
        values.extend(self.implied.as_deref().map(|name| (name, "1")));
        let (mut rest, mut open) = (text, None::<&str>);
        for (at, part) in self.parts.iter().enumerate() {
            match (part, open.take()) {
                (Part::Text(part), None) => rest = rest.strip_prefix(part.as_str())?,
                (Part::Text(part), Some(name)) => {
                    let is_last = at + 1 == self.parts.len();
                    let end = if is_last {
                        rest.len().checked_sub(part.len())?
                    } else {
                        rest.find(part.as_str())?
                    };
                    let value = rest.get(..end).filter(|value| !value.is_empty())?;
                    rest = rest.get(end..)?.strip_prefix(part.as_str())?;
                    values.push((name, value));
                }
                (Part::Variable(name), None) => open = Some(name),
                (Part::Variable(_), Some(_)) => return None,
            }
        }
        match open {
            Some(name) if !rest.is_empty() => values.push((name, rest)),
            Some(_) => return None,
            None if !rest.is_empty() => return None,
            None => {}
        }
        Some(values)
    }
}
