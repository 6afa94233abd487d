//! Which tasks a task may start.

use std::collections::BTreeSet;

use horarium_core::{grants::TaskGrant, name::TaskName};

use super::{
    super::{decode::At, starts::TaskEntry},
    Checker, TaskDraft,
};

/// The most runs of a task that may go on and wait.
const MOST: u32 = 1_000_000;

impl Checker<'_> {
    pub(super) fn task_grants(&mut self, raw: Option<&At<Vec<At<TaskEntry>>>>) -> Vec<TaskGrant> {
        let mut known = BTreeSet::new();
        let entries = raw.into_iter().flat_map(|list| &list.value);
        let grants = entries.filter_map(|entry| {
            let grant = self.task_grant(entry)?;
            if !known.insert(grant.task.clone()) {
                let message = format!("task `{}` is granted twice", grant.task);
                self.wrong(entry, message, "leave one of the two out");
            }
            Some(grant)
        });
        grants.collect()
    }

    fn task_grant(&mut self, entry: &At<TaskEntry>) -> Option<TaskGrant> {
        let TaskEntry(raw) = &entry.value;
        let Some(task) = &raw.task else {
            self.missing(entry, "a task needs its name", "such as `{ task = \"load\" }`");
            return None;
        };
        let task = self.name::<TaskName>(task)?;
        self.mentioned.push(task.clone());
        let limit = raw.limit.as_ref().map_or(u64::from(TaskGrant::LIMIT), |at| at.value.0);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        if let Some(at) = raw.limit.as_ref().filter(|_| limit > MOST) {
            self.wrong(at, "those are too many runs to wait", "at most 1_000_000");
        }
        Some(TaskGrant { task: task.value, limit: limit.min(MOST) })
    }
}

/// Notes of tasks that others may start them.
pub(super) fn note(tasks: &mut [TaskDraft]) {
    let granted = tasks.iter().flat_map(|draft| &draft.grants.tasks);
    let granted: BTreeSet<_> = granted.map(|grant| grant.task.clone()).collect();
    if granted.is_empty() {
        return;
    }
    for draft in tasks {
        draft.is_started = granted.contains(&draft.name.value);
    }
}
