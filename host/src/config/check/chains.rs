//! Tasks that run after others.

use std::collections::BTreeSet;

use horarium_core::{
    chain::{self, After},
    name::TaskName,
    schedule::Schedule,
};

use super::{
    super::{decode::At, problem::Problem, raw::RawSchedule},
    Checker, ScheduleDraft, TaskDraft,
};

impl Checker<'_> {
    pub(super) fn after(
        &mut self,
        at: &At<Vec<At<String>>>,
        raw: &RawSchedule,
    ) -> Option<Schedule> {
        if at.value.is_empty() {
            self.wrong(at, "it runs after no task", "such as `after = [\"extract\"]`");
            return None;
        }
        let mut known = BTreeSet::new();
        let mut parents = Vec::with_capacity(at.value.len());
        for parent in &at.value {
            let name = self.name::<TaskName>(parent)?;
            if !known.insert(name.value.clone()) {
                self.wrong(parent, "this task is named twice", "leave one of the two out");
            }
            parents.push(name.value.clone());
            self.mentioned.push(name);
        }
        let on = raw.on.as_ref().map(|on| on.value).unwrap_or_default();
        let input = raw.input.as_ref();
        if let Some(empty) = input.filter(|input| input.value.is_empty()) {
            self.wrong(empty, "arguments have no key without a name", "such as `input = \"rows\"`");
        }
        let input = input.map(|input| input.value.clone());
        Some(Schedule::After(Box::new(After { parents, on, input })))
    }
}

/// A way from a task to itself, if there is one.
pub(super) fn circle(tasks: &[TaskDraft]) -> Option<Problem> {
    let draft = |name: &TaskName| {
        let place = tasks.binary_search_by(|draft| draft.name.value.cmp(name)).ok()?;
        tasks.get(place)
    };
    let parents = |name| match draft(name).map(|draft| &draft.schedule) {
        Some(ScheduleDraft::Said(Schedule::After(after))) => after.parents.as_slice(),
        _ => &[],
    };
    let way = chain::cycle(tasks.iter().map(|draft| &draft.name.value), parents)?;
    let at = draft(way.first()?)?;
    let message = format!("it runs after itself: {}", written(&way));
    let help = "have one of them run after something else";
    Some(at.name.problem(message, Some(help.to_owned())))
}

/// A way in words: all of it, unless it is long.
fn written(way: &[&TaskName]) -> String {
    const MOST: usize = 12;
    let names: Vec<_> = way.iter().map(|task| task.as_str()).collect();
    match names.as_slice() {
        [first @ .., last] if names.len() > MOST => {
            let shown = first.get(..MOST).unwrap_or(first).join(" after ");
            format!("{shown} after … {} more … after {last}", names.len() - MOST - 1)
        }
        names => names.join(" after "),
    }
}
