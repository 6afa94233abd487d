//! What tasks say of their templates' variables, once or for each name.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    super::{
        decode::{Decode, Source, join, wrong_kind},
        problem::Problem,
        shape,
        table::meant,
    },
    references::{Known, References},
    template::Chain,
};

/// What one task of several is made for.
pub(super) struct Item<'s> {
    pub(super) name: &'s str,
    pub(super) span: Range<usize>,
    pub(super) key: String,
    pub(super) vars: Option<Assigned<'s>>,
}

/// Values of variables.
pub(super) struct Assigned<'s> {
    table: &'s DeTable<'s>,
    key: String,
}

impl<'s> Item<'s> {
    /// Reads what `for_each` holds.
    pub(super) fn all(source: &'s Source<'s>, key: &str, problems: &mut Vec<Problem>) -> Vec<Self> {
        match source.get_ref() {
            DeValue::Array(items) => {
                let items = items.iter().enumerate().filter_map(|(n, item)| {
                    let key = format!("{key}[{n}]");
                    String::decode(item, &key, problems)?;
                    let name = item.get_ref().as_str()?;
                    Some(Self { name, span: item.span(), key, vars: None })
                });
                items.collect()
            }
            DeValue::Table(table) => {
                let items = table.iter().filter_map(|(name, value)| {
                    let key = join(key, name.get_ref());
                    let vars = Assigned::read(value, key.clone(), problems)?;
                    Some(Self { name: name.get_ref(), span: name.span(), key, vars: Some(vars) })
                });
                items.collect()
            }
            _ => {
                let wanted = "names, `for_each = [\"eu\", \"us\"]`, or names with the values of \
                              variables, `for_each = { eu = { region = \"eu-west-1\" } }`";
                wrong_kind(source, key, wanted, problems);
                Vec::new()
            }
        }
    }
}

impl<'s> Assigned<'s> {
    /// Reads values.
    pub(super) fn read(
        source: &'s Source<'s>,
        key: String,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let table = source.get_ref().as_table();
        if table.is_none() {
            wrong_kind(source, &key, &shape::table(&key, source.get_ref()), problems);
        }
        Some(Self { table: table?, key })
    }

    /// The value of a variable, and its key.
    pub(super) fn of(&self, name: &str) -> Option<(&'s Source<'s>, String)> {
        Some((self.table.get(name)?, join(&self.key, name)))
    }

    /// Says what is wrong with values whatever is made of them.
    pub(super) fn check(&self, chain: &Chain<'_, 's>, text: &'s str, problems: &mut Vec<Problem>) {
        let each = References { text, known: Known::Each };
        for (name, value) in self.table {
            let key = join(&self.key, name.get_ref());
            if chain.is_whole() && chain.variable(name.get_ref()).is_none() {
                problems.push(unknown(chain, name, key));
            } else {
                each.value(value, &key, problems);
            }
        }
    }
}

/// Says that there is no variable to give a value to.
fn unknown(chain: &Chain<'_, '_>, name: &Spanned<DeString<'_>>, key: String) -> Problem {
    let (message, help) = match chain.layers.first() {
        Some(template) => {
            let message = format!(
                "template `{}` has no variable `{}`",
                template.name.get_ref(),
                name.get_ref()
            );
            (message, meant(name.get_ref(), &chain.suggestions()))
        }
        None => (
            format!("nothing declares a variable `{}`", name.get_ref()),
            "add `extends = \"…\"`: a template declares variables".to_owned(),
        ),
    };
    Problem { span: name.span(), key, message, help: Some(help), absent: false }
}
