//! How tasks stand, in a word and in sentences.

use horarium_core::{name::TaskName, store::Pause, text::escape};

use crate::{config::ProblemView, output, standing::Fitness};

/// Of how many tasks it is said why they can't run.
const EXPLAINED: usize = 20;

/// Why nothing of a task starts, in a word with its sign; none where nothing keeps it.
pub(super) fn word(
    fitness: Fitness<'_>,
    pause: Option<Pause>,
    is_host_paused: bool,
) -> Option<String> {
    match (fitness, pause) {
        (Fitness::Unusable(_), _) => Some("✘ unusable".to_owned()),
        (Fitness::Waiting, _) => Some("↻ waiting".to_owned()),
        (Fitness::Fit, Some(pause)) => Some(format!("‖ {}", pause.as_str())),
        (Fitness::Fit, None) if is_host_paused => Some("‖ host paused".to_owned()),
        (Fitness::Fit, None) => None,
    }
}

/// Says on standard error which tasks are put aside, and how they go on.
pub(super) fn put_aside<'t>(tasks: impl IntoIterator<Item = (&'t TaskName, Option<Pause>)>) {
    let aside = tasks.into_iter().filter(|(_, pause)| pause.is_some());
    let aside: Vec<_> = aside.map(|(task, _)| task.clone()).collect();
    if !aside.is_empty() {
        let (named, are) = named(&aside);
        let help = "nothing of that starts before `horarium resume TASK`";
        output::error_line(&format!("{named} {are} put aside: {help}"));
    }
}

/// Of how many tasks the names are told.
const NAMED: usize = 5;

/// The first of some tasks, how many more there are, and whether that is one or several.
pub(super) fn named(tasks: &[TaskName]) -> (String, &'static str) {
    let few: Vec<_> = tasks.iter().take(NAMED).map(TaskName::as_str).collect();
    let more = match tasks.len() - few.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (format!("{}{more}", few.join(", ")), if tasks.len() == 1 { "is" } else { "are" })
}

/// Says on standard error why tasks can't run.
pub(super) fn explain<'t>(tasks: impl IntoIterator<Item = (&'t TaskName, &'t [ProblemView])>) {
    let mut unusable = tasks.into_iter().filter(|(_, problems)| !problems.is_empty());
    for (task, problems) in unusable.by_ref().take(EXPLAINED) {
        output::error_line(&escape(&sentence(task, problems)));
    }
    match unusable.count() {
        0 => {}
        more => output::error_line(&format!("and {more} more; `horarium check` tells of all")),
    }
}

/// Why a task can't run.
pub(super) fn sentence(task: &TaskName, problems: &[ProblemView]) -> String {
    let why: Vec<_> = problems.iter().map(ProblemView::sentence).collect();
    format!("{task} can't run: {}", why.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_reason_is_told() {
        let unusable = Fitness::Unusable(&[]);
        for (fitness, pause, host, told) in [
            (Fitness::Fit, None, false, None),
            (Fitness::Fit, None, true, Some("‖ host paused")),
            (Fitness::Fit, Some(Pause::Quarantined), true, Some("‖ quarantined")),
            (Fitness::Waiting, Some(Pause::Paused), true, Some("↻ waiting")),
            (unusable, Some(Pause::Paused), false, Some("✘ unusable")),
        ] {
            assert_eq!(word(fitness, pause, host).as_deref(), told);
        }
    }
}
