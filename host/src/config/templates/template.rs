//! Templates, and the variables that they declare.

use std::collections::BTreeMap;

use toml::{
    Spanned,
    de::{DeString, DeTable},
};

use super::{
    super::{
        decode::{At, Decode, Source, join},
        problem::Problem,
        raw::RawTask,
        table::{Keys, meant},
    },
    declared::Declared,
    kind::Kind,
    references::{Known, References},
};

/// How many templates extend each other at most, the last one included.
const DEEPEST: usize = 16;

/// How many names a wrong one is compared with: comparing is slow, and files may be long.
const SUGGESTIONS: usize = 1_000;

/// Keys of a template and of a task that are about templates, and no part of what becomes of
/// them.
pub(super) const OWN: [&str; 3] = ["extends", "vars", "for_each"];

/// A template.
pub(super) struct Template<'s> {
    pub(super) name: &'s Spanned<DeString<'s>>,
    pub(super) table: &'s DeTable<'s>,
    extends: Option<At<String>>,
    /// What it declares itself, by name.
    pub(super) vars: BTreeMap<&'s str, Declared<'s>>,
}

/// All templates of a document, by name.
pub(in crate::config) struct Templates<'s> {
    all: BTreeMap<&'s str, Template<'s>>,
    /// The document's text.
    pub(super) text: &'s str,
}

/// A template and those that it extends, the nearest first; none at all for a task that
/// extends nothing.
pub(super) struct Chain<'t, 's> {
    pub(super) layers: Vec<&'t Template<'s>>,
    pub(super) end: End,
}

/// A variable, as the nearest templates have it that say anything of it.
pub(super) struct Variable<'t, 's> {
    /// Its type; none where that is a problem already.
    pub(super) kind: Option<Kind>,
    /// What has its default.
    pub(super) default: Option<&'t Declared<'s>>,
}

/// Why a chain goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The last one extends nothing.
    Whole,
    /// The last one extends what is not there.
    Unknown,
    /// The last one extends the one in this place.
    Circle(usize),
    /// There are more of them than anybody can follow.
    TooLong,
}

impl<'s> Templates<'s> {
    /// Reads the templates of a document; what is wrong with them goes to `problems`.
    pub(in crate::config) fn read(
        document: &'s Source<'s>,
        text: &'s str,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let table = document.get_ref().as_table().and_then(|keys| keys.get("template"));
        let table = table.and_then(|templates| templates.get_ref().as_table());
        let mut all = BTreeMap::new();
        for (name, value) in table.into_iter().flatten() {
            if let Some(template) = Template::read(name, value, problems) {
                let name: &str = name.get_ref();
                all.insert(name, template);
            }
        }
        let templates = Self { all, text };
        for template in templates.all.values() {
            templates.examine(template, problems);
        }
        templates
    }

    /// Those that none of these tasks extends, be it by way of others.
    pub(super) fn without<'t>(
        &'t self,
        used: impl Iterator<Item = &'t Template<'s>>,
    ) -> Vec<At<String>> {
        let mut idle: BTreeMap<&str, &Template<'s>> =
            self.all.iter().map(|(name, template)| (*name, template)).collect();
        for template in used {
            idle.remove(template.name.get_ref().as_ref());
        }
        let at = |template: &&Template<'s>| At {
            value: template.name.get_ref().to_string(),
            span: template.name.span(),
            key: template.key(),
        };
        idle.values().map(at).collect()
    }

    /// What a template or a task extends.
    pub(super) fn chain(&self, name: Option<&str>) -> Chain<'_, 's> {
        let mut layers: Vec<&Template<'s>> = Vec::new();
        let mut next = name;
        while let Some(name) = next {
            let circle = layers.iter().position(|layer| layer.name.get_ref() == name);
            let end = match (self.all.get(name), circle) {
                (_, Some(place)) => End::Circle(place),
                (None, None) => End::Unknown,
                (Some(_), None) if layers.len() > DEEPEST => End::TooLong,
                (Some(template), None) => {
                    layers.push(template);
                    next = template.extends.as_ref().map(|at| at.value.as_str());
                    continue;
                }
            };
            return Chain { layers, end };
        }
        Chain { layers, end: End::Whole }
    }

    /// Says that there is no such template.
    pub(super) fn unknown(&self, extends: &At<String>) -> Problem {
        let message = format!("there is no template `{}`", extends.value);
        let known: Vec<_> = self.all.keys().copied().take(SUGGESTIONS).collect();
        extends.problem(message, Some(meant(&extends.value, &known)))
    }

    /// Says what is wrong with a template beside others.
    fn examine(&self, template: &Template<'s>, problems: &mut Vec<Problem>) {
        let chain = self.chain(Some(template.name.get_ref()));
        problems.extend(template.extends.as_ref().and_then(|at| self.unfit_base(at, &chain)));
        let each = References { text: self.text, known: Known::Each };
        for (name, declared) in &template.vars {
            // Who knows what it would inherit?
            if chain.is_whole() {
                declared.examine(name, chain.inherited(name), problems);
            }
            if let Some(default) = declared.default() {
                each.value(default, &declared.default_key(), problems);
            }
        }
        let all = References { text: self.text, known: Known::Of(&chain) };
        all.check(template.table, &template.key(), problems);
    }

    /// Why a template can't extend what it does; told once for all of a circle.
    fn unfit_base(&self, extends: &At<String>, chain: &Chain<'_, 's>) -> Option<Problem> {
        let names: Vec<&str> =
            chain.layers.iter().map(|layer| layer.name.get_ref().as_ref()).collect();
        match chain.end {
            End::Unknown if chain.layers.len() == 1 => Some(self.unknown(extends)),
            End::Circle(0) if names.iter().min() == names.first() => {
                let path = [names.as_slice(), &names[..1]].concat().join("` → `");
                let help = "leave one `extends` of them out".to_owned();
                Some(extends.problem(format!("it extends itself: `{path}`"), Some(help)))
            }
            // Those that extend this one hear nothing of it.
            End::Whole if chain.layers.len() == DEEPEST + 1 => {
                let message = format!("more than {DEEPEST} templates extend each other");
                let help = "put some of them into one".to_owned();
                Some(extends.problem(message, Some(help)))
            }
            _ => None,
        }
    }
}

impl<'s> Template<'s> {
    fn read(
        name: &'s Spanned<DeString<'s>>,
        source: &'s Source<'s>,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let key = join("template", name.get_ref());
        let keys = Keys::open(source, &key, problems)?;
        let schema = RawTask::schema();
        let known = schema["properties"].as_object();
        let known = known.into_iter().flatten().map(|(key, _)| key.as_str());
        let known: Vec<_> = known.filter(|key| *key != "for_each").collect();
        keys.refuse_unknown(&known, problems);
        let table = source.get_ref().as_table()?;
        let vars = table.get("vars");
        let vars = vars.map(|vars| Declared::all(vars, &join(&key, "vars"), problems));
        let extends = keys.read("extends", problems);
        Some(Self { name, table, extends, vars: vars.unwrap_or_default() })
    }

    fn key(&self) -> String {
        join("template", self.name.get_ref())
    }
}

impl<'t, 's> Chain<'t, 's> {
    /// Whether all is known of it.
    pub(super) fn is_whole(&self) -> bool {
        self.end == End::Whole && self.layers.len() <= DEEPEST
    }

    /// A variable; none where no template declares it.
    pub(super) fn variable(&self, name: &str) -> Option<Variable<'t, 's>> {
        let all = || self.layers.iter().filter_map(|layer| layer.vars.get(name));
        let first = all().next()?;
        Some(Variable {
            kind: all().find(|declared| declared.is_typed()).unwrap_or(first).kind(),
            default: all().find(|declared| declared.default().is_some()),
        })
    }

    /// What the templates that the nearest one extends say of a variable's type.
    fn inherited(&self, name: &str) -> Option<&'t Declared<'s>> {
        let others = self.layers.iter().skip(1).filter_map(|layer| layer.vars.get(name));
        others.into_iter().find(|declared| declared.is_typed())
    }

    /// The names of all variables; of one that is declared several times, so often.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'s str> {
        self.layers.iter().flat_map(|layer| layer.vars.keys().copied())
    }

    /// Some names of variables: those that a slip may have meant.
    pub(super) fn suggestions(&self) -> Vec<&'s str> {
        self.variables().take(SUGGESTIONS).collect()
    }
}
