//! Whether there is what `${…}` asks for: told once, where it stands, whatever is made of it.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{
    super::{
        decode::{Source, join},
        problem::Problem,
        table::near,
    },
    template::{Chain, OWN},
    text::{EACH, Part, parts},
};

/// Which variables there are.
#[derive(Clone, Copy)]
pub(super) enum Known<'c, 't, 's> {
    /// Those of templates.
    Of(&'c Chain<'t, 's>),
    /// In the value of a variable: none but the name in `for_each`.
    Each,
}

/// Looks through values.
#[derive(Clone, Copy)]
pub(super) struct References<'c, 't, 's> {
    /// The document.
    pub(super) text: &'s str,
    pub(super) known: Known<'c, 't, 's>,
}

impl References<'_, '_, '_> {
    /// Looks through all that becomes part of a task.
    pub(super) fn check(self, table: &DeTable<'_>, key: &str, problems: &mut Vec<Problem>) {
        for (name, value) in table {
            if !OWN.contains(&name.get_ref().as_ref()) {
                self.value(value, &join(key, name.get_ref()), problems);
            }
        }
    }

    /// Looks through a value.
    pub(super) fn value(self, source: &Source<'_>, key: &str, problems: &mut Vec<Problem>) {
        match source.get_ref() {
            DeValue::String(text) => self.text(text, &source.span(), key, problems),
            DeValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.value(item, &format!("{key}[{n}]"), problems);
                }
            }
            DeValue::Table(table) => {
                for (name, value) in table {
                    self.value(value, &join(key, name.get_ref()), problems);
                }
            }
            _ => {}
        }
    }

    fn text(self, text: &str, span: &Range<usize>, key: &str, problems: &mut Vec<Problem>) {
        let problem = |span, message, help| Problem {
            span,
            key: key.to_owned(),
            message,
            help: Some(help),
            absent: false,
        };
        match parts(text) {
            Err(fault) => problems.push(problem(span.clone(), fault.to_string(), fault.help())),
            Ok(parts) => {
                for part in &parts {
                    let Part::Variable(name) = part else { continue };
                    if let Some((message, help)) = self.unfit(name, parts.len() == 1) {
                        problems.push(problem(self.place(span, name), message, help));
                    }
                }
            }
        }
    }

    /// What is wrong with a variable in a text, which may be all that the text has.
    fn unfit(self, name: &str, is_all: bool) -> Option<(String, String)> {
        if name == EACH {
            return None;
        }
        let Known::Of(chain) = self.known else {
            let message = format!("`${{{name}}}` can't be in the value of a variable");
            return Some((message, "only `${each}` can, the name in `for_each`".to_owned()));
        };
        let Some(variable) = chain.variable(name) else {
            return chain.is_whole().then(|| unknown(name, chain));
        };
        let kind = variable.kind.filter(|kind| !is_all && !kind.is_scalar())?;
        let message = format!("`${{{name}}}` is {}, and can't be a part of a text", kind.named());
        Some((message, format!("write `\"${{{name}}}\"` for the whole value")))
    }

    /// Where a variable stands in a text, if it is written as it reads.
    fn place(self, span: &Range<usize>, name: &str) -> Range<usize> {
        let written = format!("${{{name}}}");
        let found = self.text.get(span.clone()).and_then(|text| text.find(&written));
        found.map_or_else(
            || span.clone(),
            |place| span.start + place..span.start + place + written.len(),
        )
    }
}

fn unknown(name: &str, chain: &Chain<'_, '_>) -> (String, String) {
    let message = format!("there is no variable `{name}`");
    let help = match (near(name, &chain.suggestions()), chain.layers.first()) {
        (Some(near), _) => format!("did you mean `${{{near}}}`?"),
        (None, Some(template)) => format!(
            "declare it, `[template.{}] vars = {{ {name} = {{ type = \"string\" }} }}`, or write \
             `$${{` for a literal `${{`",
            template.name.get_ref()
        ),
        (None, None) => "a template declares variables; without one there is `${each}`, the name \
                         in `for_each`; a literal `${` is written `$${`"
            .to_owned(),
    };
    (message, help)
}
