//! All tasks that a host can tell of: those that its engine has, those that its history
//! knows, and those of its configuration of which neither has heard, since they can't run.

use horarium_core::{
    History,
    name::TaskName,
    store::{StoreError, TaskQuery, TaskView},
};

use crate::standing::Standing;

/// A task, by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) task: TaskName,
    /// What the history knows of it; none where it never could run.
    pub(crate) history: Option<TaskView>,
}

/// Tasks by name, as a history's own list has them.
///
/// # Errors
/// Where the history can't be read.
pub(crate) async fn list(
    history: &impl History,
    standing: &Standing,
    query: TaskQuery,
) -> Result<Vec<Entry>, StoreError> {
    let mut unheard = Vec::new();
    // How a task stands that can't run is not to be found by how its runs went.
    if query.active != Some(false) && query.stand.is_none() {
        let unbound = standing.unbound().iter().filter(|task| is_meant(&query, task));
        for task in unbound.take(length(query.limit)) {
            unheard.extend(find(history, standing, task).await?);
        }
    }
    Ok(merged(heard(history, standing, query.clone()).await?, unheard, query.limit))
}

/// Those that can't run, by name.
///
/// # Errors
/// Where the history can't be read.
pub(crate) async fn unusable(
    history: &impl History,
    standing: &Standing,
    query: &TaskQuery,
) -> Result<Vec<Entry>, StoreError> {
    let tasks = standing.unusable().map(|(task, _)| task).filter(|task| is_meant(query, task));
    let mut entries = Vec::new();
    for task in tasks.take(length(query.limit)) {
        // Until it is in the engine's list, the history may not have it.
        let entry = Entry { task: task.clone(), history: None };
        entries.push(find(history, standing, task).await?.unwrap_or(entry));
    }
    Ok(entries)
}

/// One task; none where neither configuration nor history has it.
///
/// # Errors
/// Where the history can't be read.
pub(crate) async fn find(
    history: &impl History,
    standing: &Standing,
    task: &TaskName,
) -> Result<Option<Entry>, StoreError> {
    let mut view = history.task(task.clone()).await?;
    let is_unbound = standing.unbound().contains(task);
    if let Some(view) = view.as_mut().filter(|_| is_unbound) {
        // It is no task of the engine's, and one of the configuration all the same.
        view.active = true;
    }
    let is_there = is_unbound || view.is_some();
    Ok(is_there.then(|| Entry { task: task.clone(), history: view }))
}

/// Whether a task is one of those that are asked for, by its name.
fn is_meant(query: &TaskQuery, task: &TaskName) -> bool {
    task.as_str().contains(&query.containing)
        && query.after.as_ref().is_none_or(|after| task > after)
}

/// The first of all others.
async fn heard(
    history: &impl History,
    standing: &Standing,
    mut query: TaskQuery,
) -> Result<Vec<Entry>, StoreError> {
    let mut heard = Vec::new();
    loop {
        let views = history.tasks(query.clone()).await?;
        let is_last = views.len() < length(query.limit);
        query.after = views.last().map(|view| view.task.clone());
        let others = views.into_iter().filter(|view| !standing.unbound().contains(&view.task));
        heard.extend(others.map(|view| Entry { task: view.task.clone(), history: Some(view) }));
        if is_last || heard.len() >= length(query.limit) {
            return Ok(heard);
        }
    }
}

/// The first of two lists, each of which has its own first ones.
fn merged(mut heard: Vec<Entry>, unheard: Vec<Entry>, limit: u32) -> Vec<Entry> {
    heard.extend(unheard);
    heard.sort_unstable_by(|one, other| one.task.cmp(&other.task));
    heard.truncate(length(limit));
    heard
}

fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
