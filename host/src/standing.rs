//! How the tasks of a configuration stand with the plugins that there are: which of them can
//! run, and what keeps the others from it. Whoever tells or counts tasks asks here, so that
//! all of them say the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use horarium_core::{
    digest::Digest,
    name::{PluginName, TaskName},
};

use crate::{
    config::{Config, Problem, ProblemView},
    output::plural,
};

/// How a task of the configuration stands with its plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fitness<'s> {
    /// Nothing keeps it from running.
    Fit,
    /// Its plugin is still being compiled.
    Waiting,
    /// It can't run for these reasons, or not as it is meant to.
    Unusable(&'s [ProblemView]),
}

impl<'s> Fitness<'s> {
    /// The same of a task of which somebody else has said this.
    pub(crate) const fn told(is_waiting: bool, problems: &'s [ProblemView]) -> Self {
        match (is_waiting, problems) {
            (true, _) => Self::Waiting,
            (false, []) => Self::Fit,
            (false, problems) => Self::Unusable(problems),
        }
    }

    /// What is wrong with it.
    pub(crate) fn problems(self) -> &'s [ProblemView] {
        match self {
            Self::Fit | Self::Waiting => &[],
            Self::Unusable(problems) => problems,
        }
    }

    /// The word for it where it can't run, or not yet.
    pub(crate) const fn hindrance(self) -> Option<&'static str> {
        match self {
            Self::Fit => None,
            Self::Waiting => Some("waiting"),
            Self::Unusable(_) => Some("unusable"),
        }
    }
}

/// How all tasks of a configuration stand.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// How many there are.
    pub(crate) tasks: usize,
    waiting: BTreeSet<TaskName>,
    unusable: BTreeMap<TaskName, Vec<ProblemView>>,
    /// Those of which it is not even known what or when to run: no engine has them.
    unbound: BTreeSet<TaskName>,
    /// The version of each plugin that they were joined with.
    versions: HashMap<PluginName, Option<Digest>>,
}

impl Standing {
    /// How a task stands; one that is not in the configuration has nothing to be unfit for.
    pub(crate) fn of(&self, task: &TaskName) -> Fitness<'_> {
        match self.unusable.get(task) {
            Some(problems) => Fitness::Unusable(problems),
            None if self.waiting.contains(task) => Fitness::Waiting,
            None => Fitness::Fit,
        }
    }

    /// Those that can't run, by name, each with what is wrong.
    pub(crate) fn unusable(&self) -> impl ExactSizeIterator<Item = (&TaskName, &[ProblemView])> {
        self.unusable.iter().map(|(task, problems)| (task, problems.as_slice()))
    }

    /// Those whose plugin is still being compiled, by name.
    pub(crate) const fn waiting(&self) -> &BTreeSet<TaskName> {
        &self.waiting
    }

    /// Those of which no engine knows, by name.
    pub(crate) const fn unbound(&self) -> &BTreeSet<TaskName> {
        &self.unbound
    }

    /// Whether those that use a plugin were joined with this version of it.
    pub(crate) fn has_joined(&self, plugin: &PluginName, version: Digest) -> bool {
        self.versions.get(plugin).is_none_or(|joined| *joined == Some(version))
    }

    /// How many there are, and how many of them don't run.
    pub(crate) fn sum(&self) -> String {
        sum(self.tasks, self.unusable.len(), self.waiting.len())
    }
}

/// How many tasks there are, and how many of them don't run: `3 tasks, 2 with problems`.
pub(crate) fn sum(tasks: usize, unusable: usize, waiting: usize) -> String {
    let mut text = plural(tasks, "task");
    if unusable > 0 {
        text += &format!(", {unusable} with problems");
    }
    if waiting > 0 {
        text += &format!(", {waiting} once the plugins are compiled");
    }
    text
}

/// A standing that is being made.
pub(crate) struct Tally {
    standing: Standing,
    problems: Vec<(TaskName, Problem)>,
}

impl Tally {
    /// Of so many tasks.
    pub(crate) fn of(tasks: usize) -> Self {
        Self { standing: Standing { tasks, ..Standing::default() }, problems: Vec::new() }
    }

    /// Tasks that use this plugin are joined with this version, or with none.
    pub(crate) fn joined_with(&mut self, plugin: &PluginName, version: Option<Digest>) {
        self.standing.versions.insert(plugin.clone(), version);
    }

    /// A task's plugin is on its way.
    pub(crate) fn awaits(&mut self, task: &TaskName) {
        self.standing.waiting.insert(task.clone());
        self.standing.unbound.insert(task.clone());
    }

    /// A task was joined with its plugin: whether it is known what to run, and what is wrong.
    pub(crate) fn bound(&mut self, task: &TaskName, is_known: bool, problems: Vec<Problem>) {
        if !is_known {
            self.standing.unbound.insert(task.clone());
        }
        self.problems.extend(problems.into_iter().map(|problem| (task.clone(), problem)));
    }

    /// How they stand, and all that is wrong with them in the configuration's file.
    pub(crate) fn done(mut self, config: &Config) -> (Standing, Vec<Problem>) {
        // Their places are looked for once, in the order in which they are told.
        self.problems.sort_by(|(_, one), (_, other)| one.place().cmp(&other.place()));
        let (tasks, problems): (Vec<_>, Vec<_>) = self.problems.into_iter().unzip();
        if !problems.is_empty() {
            let views = config.problems(problems.clone()).views();
            for (task, view) in tasks.into_iter().zip(views) {
                self.standing.unusable.entry(task).or_default().push(view);
            }
        }
        (self.standing, problems)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::load;

    /// A configuration of these tasks, and what is made of it.
    fn standing(tell: impl FnOnce(&Config, &mut Tally)) -> (Standing, Vec<Problem>) {
        let text = "[task.a]\nplugin = \"p\"\n[task.b]\nplugin = \"q\"\n[task.c]\nplugin = \"p\"\n";
        let (config, problems) = load::parse(Path::new("/h.toml"), Path::new("/"), text);
        assert_eq!(problems, []);
        let mut tally = Tally::of(config.tasks.len());
        tell(&config, &mut tally);
        tally.done(&config)
    }

    fn name(text: &str) -> TaskName {
        text.parse().unwrap()
    }

    #[test]
    fn every_problem_is_its_tasks() {
        let (standing, problems) = standing(|config, tally| {
            // Later ones first: they are told in the order of the file.
            for (place, word) in [(2, "third"), (0, "first"), (0, "second")] {
                let draft = &config.tasks[place];
                let problem = draft.plugin.problem(word, None);
                tally.bound(&draft.name.value, place == 0, vec![problem]);
            }
            tally.awaits(&config.tasks[1].name.value);
        });
        let words = |task| -> Vec<_> {
            let problems = standing.of(&name(task)).problems().iter();
            problems.map(|view| (view.message.clone(), view.line)).collect()
        };
        assert_eq!(words("a"), [("first".to_owned(), 2), ("second".to_owned(), 2)]);
        assert_eq!(words("c"), [("third".to_owned(), 6)]);
        assert_eq!(standing.of(&name("b")), Fitness::Waiting);
        assert_eq!(standing.of(&name("z")), Fitness::Fit);
        let unbound: Vec<_> = standing.unbound().iter().map(TaskName::as_str).collect();
        assert_eq!(unbound, ["b", "c"]);
        let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["first", "second", "third"]);
        assert_eq!(standing.sum(), "3 tasks, 2 with problems, 1 once the plugins are compiled");
    }

    #[test]
    fn it_is_known_which_version_was_joined() {
        let [old, new] = [1, 2].map(|byte| Digest::new([byte; 32]));
        let plugin = |text: &str| text.parse().unwrap();
        let (standing, _) = standing(|_, tally| {
            tally.joined_with(&plugin("p"), Some(new));
            tally.joined_with(&plugin("q"), None);
        });
        assert!(standing.has_joined(&plugin("p"), new) && !standing.has_joined(&plugin("p"), old));
        assert!(!standing.has_joined(&plugin("q"), new));
        assert!(standing.has_joined(&plugin("nobody-uses"), old));
    }

    #[test]
    fn what_is_well_is_not_counted() {
        assert_eq!(sum(1, 0, 0), "1 task");
        assert_eq!(sum(3, 2, 0), "3 tasks, 2 with problems");
    }
}
