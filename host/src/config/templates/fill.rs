//! Puts values in the place of variables.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use toml::{
    Spanned,
    de::{DeArray, DeInteger, DeString, DeTable, DeValue},
};

use super::{
    super::decode::Source,
    budget::{Budget, Exhausted},
    merge::{Members, Merged},
    text::{EACH, Part, parts},
};

/// What variables stand for, by name; none where something is wrong with that, and told.
pub(super) type Values<'s> = BTreeMap<&'s str, Option<Source<'s>>>;

/// Why a value can't be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Something is wrong that was told already.
    Told,
    /// What stands here asks for the name in `for_each`, and there is none.
    NoEach(Range<usize>),
    /// It would be too much.
    Exhausted,
}

impl From<Exhausted> for Failed {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Exhausted
    }
}

/// Fills in.
pub(super) struct Filler<'a, 's> {
    pub(super) values: &'a Values<'s>,
    pub(super) budget: &'a mut Budget,
}

impl<'a, 's> Filler<'a, 's> {
    pub(super) fn merged(&mut self, merged: &Merged<'s>) -> Result<Source<'s>, Failed> {
        match merged {
            Merged::Whole(source) => self.value(source),
            Merged::Joined(span, members) => {
                Ok(Source::new(span.clone(), DeValue::Table(self.members(members)?)))
            }
        }
    }

    fn members(&mut self, members: &Members<'s>) -> Result<DeTable<'s>, Failed> {
        let members = members.values();
        members.map(|member| Ok((self.key(member.name)?, self.merged(&member.value)?))).collect()
    }

    /// A key is taken as it is.
    pub(super) fn key(
        &mut self,
        name: &Spanned<DeString<'s>>,
    ) -> Result<Spanned<DeString<'s>>, Failed> {
        self.budget.spend(name.get_ref().len())?;
        Ok(name.clone())
    }

    /// A text that is one variable and nothing else is the variable's value, with its type. It
    /// lies in the text's place, where it may be something that can't be.
    pub(super) fn value(&mut self, source: &Source<'s>) -> Result<Source<'s>, Failed> {
        let value = match source.get_ref() {
            DeValue::String(text) => return self.text(text, source.span()),
            DeValue::Array(items) => {
                self.budget.spend(0)?;
                let mut filled = DeArray::new();
                for item in items {
                    filled.push(self.value(item)?);
                }
                DeValue::Array(filled)
            }
            DeValue::Table(table) => {
                self.budget.spend(0)?;
                let members = table.iter();
                let filled: Result<_, Failed> = members
                    .map(|(name, value)| Ok((self.key(name)?, self.value(value)?)))
                    .collect();
                DeValue::Table(filled?)
            }
            scalar => {
                self.budget.spend(1)?;
                scalar.clone()
            }
        };
        Ok(Source::new(source.span(), value))
    }

    fn text(&mut self, text: &DeString<'s>, span: Range<usize>) -> Result<Source<'s>, Failed> {
        if !text.contains("${") {
            self.budget.spend(text.len())?;
            return Ok(Source::new(span, DeValue::String(text.clone())));
        }
        let parts = parts(text).map_err(|_| Failed::Told)?;
        if let [Part::Variable(name)] = parts.as_slice() {
            let value = self.variable(name, &span)?;
            self.charge(value.get_ref())?;
            return Ok(Source::new(span, value.get_ref().clone()));
        }
        let mut filled = String::new();
        for part in parts {
            let part = match part {
                Part::Text(text) => Cow::Borrowed(text),
                Part::Variable(name) => scalar(self.variable(name, &span)?.get_ref())?,
            };
            self.budget.spend(part.len())?;
            filled.push_str(&part);
        }
        Ok(Source::new(span, DeValue::String(filled.into())))
    }

    fn variable(&self, name: &str, span: &Range<usize>) -> Result<&'a Source<'s>, Failed> {
        match self.values.get(name) {
            Some(Some(value)) => Ok(value),
            None if name == EACH => Err(Failed::NoEach(span.clone())),
            Some(None) | None => Err(Failed::Told),
        }
    }

    /// Pays for a copy of a value.
    fn charge(&mut self, value: &DeValue<'_>) -> Result<(), Exhausted> {
        match value {
            DeValue::String(text) => self.budget.spend(text.len()),
            DeValue::Array(items) => {
                self.budget.spend(0)?;
                items.iter().try_for_each(|item| self.charge(item.get_ref()))
            }
            DeValue::Table(table) => {
                self.budget.spend(0)?;
                table.iter().try_for_each(|(name, value)| {
                    self.budget.spend(name.get_ref().len())?;
                    self.charge(value.get_ref())
                })
            }
            _ => self.budget.spend(1),
        }
    }
}

/// A value as a part of a text.
fn scalar<'v>(value: &'v DeValue<'_>) -> Result<Cow<'v, str>, Failed> {
    match value {
        DeValue::String(text) => Ok(Cow::Borrowed(text)),
        DeValue::Integer(number) => Ok(Cow::Owned(decimal(number))),
        DeValue::Float(number) => Ok(Cow::Borrowed(number.as_str())),
        DeValue::Boolean(value) => Ok(Cow::Borrowed(if *value { "true" } else { "false" })),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => Err(Failed::Told),
    }
}

/// A number as everybody reads it, whatever its base was.
fn decimal(number: &DeInteger<'_>) -> String {
    let value = i64::from_str_radix(number.as_str(), number.radix());
    value.map_or_else(|_| number.to_string(), |value| value.to_string())
}
