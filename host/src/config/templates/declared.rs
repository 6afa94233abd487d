//! What a template declares: a type, and a value for who gives none.

use std::{collections::BTreeMap, ops::Range};

use super::{
    super::{
        decode::{At, Source, join, wrong_kind},
        problem::Problem,
        shape,
        table::Keys,
    },
    kind::Kind,
    text::{EACH, Part, is_name, parts},
};

/// A variable as a template declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared<'s> {
    kind: Typed,
    default: Option<&'s Source<'s>>,
    /// Where its name stands.
    span: Range<usize>,
    key: String,
}

/// What is known of a type.
#[derive(Debug, Clone, PartialEq)]
enum Typed {
    /// Nothing: it may be inherited.
    Unsaid,
    /// What is said of it is a problem already.
    Wrong,
    /// This.
    Said(At<Kind>),
}

impl<'s> Declared<'s> {
    /// Reads the variables of a template.
    pub(super) fn all(
        source: &'s Source<'s>,
        key: &str,
        problems: &mut Vec<Problem>,
    ) -> BTreeMap<&'s str, Self> {
        let mut all = BTreeMap::new();
        let Some(table) = source.get_ref().as_table() else {
            wrong_kind(source, key, &shape::table(key, source.get_ref()), problems);
            return all;
        };
        for (name, value) in table {
            let key = join(key, name.get_ref());
            let at = At { value: (), span: name.span(), key: key.clone() };
            if name.get_ref() == EACH {
                let help = "give it another name".to_owned();
                let message = "`${each}` is the name that `for_each` gives a task";
                problems.push(at.problem(message, Some(help)));
                continue;
            }
            if !is_name(name.get_ref()) {
                let message = format!("{:?} can't be a variable's name", name.get_ref());
                let help = "letters, digits, `-` and `_`, such as `region`".to_owned();
                problems.push(at.problem(message, Some(help)));
                continue;
            }
            let declared = Self::read(value, at, problems);
            all.insert(name.get_ref().as_ref(), declared);
        }
        all
    }

    fn read(source: &'s Source<'s>, at: At<()>, problems: &mut Vec<Problem>) -> Self {
        let wrong = Self { kind: Typed::Wrong, default: None, span: at.span, key: at.key };
        let Some(table) = source.get_ref().as_table() else {
            wrong_kind(source, &wrong.key, "`{ type = \"string\" }`, or another type", problems);
            return wrong;
        };
        let Some(keys) = Keys::open(source, &wrong.key, problems) else { return wrong };
        keys.refuse_unknown(&["type", "default"], problems);
        let kind = match table.contains_key("type") {
            true => keys.read("type", problems).map_or(Typed::Wrong, Typed::Said),
            false => Typed::Unsaid,
        };
        Self { kind, default: table.get("default"), span: wrong.span, key: wrong.key }
    }

    /// Whether it says anything of its type.
    pub(super) fn is_typed(&self) -> bool {
        self.kind != Typed::Unsaid
    }

    /// Its type; none where that is a problem already.
    pub(super) const fn kind(&self) -> Option<Kind> {
        match &self.kind {
            Typed::Said(kind) => Some(kind.value),
            Typed::Unsaid | Typed::Wrong => None,
        }
    }

    /// The value for who gives none.
    pub(super) const fn default(&self) -> Option<&'s Source<'s>> {
        self.default
    }

    /// The default's key.
    pub(super) fn default_key(&self) -> String {
        join(&self.key, "default")
    }

    /// Says what is wrong with it, given what the template's own template declares.
    pub(super) fn examine(&self, name: &str, base: Option<&Self>, problems: &mut Vec<Problem>) {
        match (&self.kind, base.map(|base| &base.kind)) {
            (Typed::Unsaid, None) => problems.push(Problem {
                span: self.span.clone(),
                key: self.key.clone(),
                message: format!("variable `{name}` has no type"),
                help: Some("add `type = \"string\"`, or another one".to_owned()),
                absent: false,
            }),
            (Typed::Said(own), Some(Typed::Said(other))) if own.value != other.value => {
                let message = format!(
                    "this is {}, and {} has {} of this name",
                    own.value.named(),
                    other.key,
                    other.value.named()
                );
                let help = "leave `type` out, or give it another name".to_owned();
                problems.push(own.problem(message, Some(help)));
            }
            _ => {}
        }
        let kind = if self.is_typed() { self.kind() } else { base.and_then(Self::kind) };
        // What becomes of `${each}` is seen where there is one.
        if let Some((kind, default)) = kind.zip(self.default).filter(|(_, it)| is_fixed(it)) {
            kind.is_met(default, &self.default_key(), problems);
        }
    }
}

/// Whether a value is the same for every task.
pub(super) fn is_fixed(source: &Source<'_>) -> bool {
    let is_text = |part: &Part<'_>| matches!(part, Part::Text(_));
    let text = source.get_ref().as_str();
    text.is_none_or(|text| parts(text).is_ok_and(|parts| parts.iter().all(is_text)))
}
