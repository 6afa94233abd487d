//! A task that has to be made: of a template, for each of several names, or both.

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    super::{
        decode::{At, Source, join},
        problem::Problem,
        table::Keys,
    },
    assigned::{Assigned, Item},
    budget::{Budget, Exhausted},
    declared::is_fixed,
    fill::{Failed, Filler, Values},
    merge::merge,
    references::{Known, References},
    template::{Chain, End, OWN, Templates},
    text::EACH,
};

/// A task as it is written.
pub(super) struct Expandable<'t, 's> {
    name: &'s Spanned<DeString<'s>>,
    key: String,
    table: &'s DeTable<'s>,
    /// Where all of it stands.
    span: Range<usize>,
    extends: Option<At<String>>,
    pub(super) chain: Chain<'t, 's>,
    /// What it says of variables.
    vars: Option<Assigned<'s>>,
    /// What it is made for; none where it is one task.
    pub(super) items: Option<Vec<Item<'s>>>,
}

/// A task that was made.
pub(super) struct Made<'s> {
    pub(super) value: Source<'s>,
    /// What is wrong with it. Of a key that has no value because of that, nothing is left.
    pub(super) problems: Vec<Problem>,
    /// Whether it is all there.
    pub(super) is_whole: bool,
}

impl<'t, 's> Expandable<'t, 's> {
    /// Whether a task has to be made.
    pub(super) fn is(task: &Source<'_>) -> bool {
        let table = task.get_ref().as_table();
        table.is_some_and(|table| OWN.iter().any(|key| table.contains_key(*key)))
    }

    /// Reads a task; what is wrong with it whatever is made of it goes to `problems`.
    pub(super) fn read(
        name: &'s Spanned<DeString<'s>>,
        source: &'s Source<'s>,
        templates: &'t Templates<'s>,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let key = join("task", name.get_ref());
        let table = source.get_ref().as_table()?;
        let extends: Option<At<String>> =
            Keys::open(source, &key, problems)?.read("extends", problems);
        let mut chain = templates.chain(extends.as_ref().map(|at| at.value.as_str()));
        if chain.layers.is_empty() {
            problems.extend(extends.as_ref().map(|at| templates.unknown(at)));
        }
        if extends.is_none() && table.contains_key("extends") {
            chain.end = End::Unknown;
        }
        let vars = table.get("vars");
        let vars = vars.and_then(|vars| Assigned::read(vars, join(&key, "vars"), problems));
        let items = table.get("for_each");
        let items = items.map(|items| Item::all(items, &join(&key, "for_each"), problems));
        let all = items.iter().flatten().filter_map(|item| item.vars.as_ref());
        for assigned in vars.iter().chain(all) {
            assigned.check(&chain, templates.text, problems);
        }
        let known = Known::Of(&chain);
        References { text: templates.text, known }.check(table, &key, problems);
        Some(Self { name, key, table, span: source.span(), extends, chain, vars, items })
    }

    /// The name of the task that is made for an item.
    pub(super) fn name_for(&self, item: Option<&Item<'s>>) -> Spanned<DeString<'s>> {
        item.map_or_else(
            || self.name.clone(),
            |item| {
                let name = format!("{}-{}", self.name.get_ref(), item.name);
                Spanned::new(item.span.clone(), Cow::Owned(name))
            },
        )
    }

    /// Makes the task that an item stands for.
    pub(super) fn make(
        &self,
        item: Option<&Item<'s>>,
        budget: &mut Budget,
    ) -> Result<Made<'s>, Exhausted> {
        let mut problems = Vec::new();
        let values = self.values(item, budget, &mut problems)?;
        let mut is_whole = problems.is_empty() && self.chain.is_whole();
        let layers = self.chain.layers.iter().rev().map(|template| template.table);
        let members = merge(layers.chain([self.table]), &OWN);
        let mut filler = Filler { values: &values, budget };
        let mut table = DeTable::new();
        for (key, member) in &members {
            let filled = filler.key(member.name);
            match filled.and_then(|name| Ok((name, filler.merged(&member.value)?))) {
                Ok((name, value)) => drop(table.insert(name, value)),
                Err(Failed::Exhausted) => return Err(Exhausted),
                Err(failed) => {
                    is_whole = false;
                    let key = join(self.name_for(item).get_ref(), key);
                    problems.extend(self.without_each(failed, join("task", &key)));
                }
            }
        }
        // What is made is not called like its plugin: what it is made of is.
        if item.is_some() && !members.contains_key("plugin") {
            let at = |text| Spanned::new(self.name.span(), text);
            let plugin = DeValue::String(self.name.get_ref().clone());
            table.insert(at("plugin".into()), Source::new(self.name.span(), plugin));
        }
        let value = Source::new(self.span.clone(), DeValue::Table(table));
        Ok(Made { value, problems, is_whole })
    }

    /// What is too much where it is made for this.
    pub(super) fn problem(
        &self,
        item: Option<&Item<'s>>,
        message: String,
        help: String,
    ) -> Problem {
        let (span, key) = item.map_or_else(
            || (self.name.span(), self.key.clone()),
            |item| (item.span.clone(), item.key.clone()),
        );
        Problem { span, key, message, help: Some(help), absent: false }
    }

    /// What the variables of its templates stand for.
    fn values(
        &self,
        item: Option<&Item<'s>>,
        budget: &mut Budget,
        problems: &mut Vec<Problem>,
    ) -> Result<Values<'s>, Exhausted> {
        let mut each = Values::new();
        if let Some(item) = item {
            let name = DeValue::String(Cow::Borrowed(item.name));
            each.insert(EACH, Some(Source::new(item.span.clone(), name)));
        }
        let mut values = each.clone();
        let assigned = [item.and_then(|item| item.vars.as_ref()), self.vars.as_ref()];
        for name in self.chain.variables() {
            // Whoever declares many makes work for each task.
            budget.spend(name.len())?;
            let Some(variable) = self.chain.variable(name).filter(|_| !values.contains_key(name))
            else {
                continue;
            };
            let Some(kind) = variable.kind else {
                values.insert(name, None);
                continue;
            };
            let given = assigned.iter().flatten().find_map(|given| given.of(name));
            let is_given = given.is_some();
            let given = given.or_else(|| {
                let declared = variable.default?;
                Some((declared.default()?, declared.default_key()))
            });
            let Some((source, key)) = given else {
                problems.extend(self.missing(name, item));
                values.insert(name, None);
                continue;
            };
            let value = match (Filler { values: &each, budget }.value(source)) {
                Ok(value) if is_given || !is_fixed(source) => {
                    kind.is_met(&value, &key, problems).then_some(value)
                }
                // What is wrong with it was told with its template.
                Ok(value) => kind.is_met(&value, &key, &mut Vec::new()).then_some(value),
                Err(Failed::Exhausted) => return Err(Exhausted),
                Err(failed) => {
                    problems.extend(self.without_each(failed, key));
                    None
                }
            };
            values.insert(name, value);
        }
        Ok(values)
    }

    fn missing(&self, name: &str, item: Option<&Item<'s>>) -> Option<Problem> {
        // Who knows what is in values that can't be read?
        if self.vars.is_none() && self.table.contains_key("vars") {
            return None;
        }
        let template = self.extends.as_ref().map(|at| at.value.as_str()).unwrap_or_default();
        let message = format!("variable `{name}` of template `{template}` has no value");
        let or = "or a `default` where it is declared";
        Some(match (item, &self.extends) {
            (None | Some(Item { vars: None, .. }), Some(extends)) => {
                extends.problem(message, Some(format!("add `vars = {{ {name} = … }}`, {or}")))
            }
            _ => self.problem(item, message, format!("add `{name} = …`, {or}")),
        })
    }

    /// What is wrong where something asks for the name in `for_each`, and there is none.
    fn without_each(&self, failed: Failed, key: String) -> Option<Problem> {
        let Failed::NoEach(span) = failed else { return None };
        let message = format!("there is no `${{each}}`: `[{}]` has no `for_each`", self.key);
        let help = "add `for_each = […]` to the task, or use a variable".to_owned();
        Some(Problem { span, key, message, help: Some(help), absent: false })
    }
}
