//! Tasks that run after others.
//!
//! A run, those that it has started, and those that follow any of these are a tree. A
//! task that runs after others does so once for each time that its parents' runs in a
//! tree have come to their ends.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use serde_json::{Map, Value};

use crate::{
    name::TaskName,
    rules::Rules,
    run::{RunEnd, RunState},
    verdict::VerdictKind,
};

/// After which tasks another one runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Its parents, at least one.
    pub parents: Vec<TaskName>,
    /// How these have to end.
    pub on: On,
    /// The key of its arguments that has its parents' outputs, where it wants them.
    pub input: Option<String>,
}

/// How parents have to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum On {
    /// All of them with success.
    #[default]
    Success,
    /// One of them without.
    Failure,
    /// All of them, however.
    Always,
}

impl On {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Always];

    /// The word for it in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Always => "always",
        }
    }

    /// The way that [`as_str`](Self::as_str) gives this word for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|on| on.as_str() == word)
    }
}

impl fmt::Display for After {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parents: Vec<_> = self.parents.iter().map(TaskName::as_str).collect();
        let parents = parents.join(", ");
        match self.on {
            On::Success => write!(out, "after {parents}"),
            On::Failure => write!(out, "after a failure of {parents}"),
            On::Always => write!(out, "after any end of {parents}"),
        }
    }
}

/// What is known of a parent's runs in one tree. Those that were skipped never were, and
/// those that were repeated are what became of their repetition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// Those that are not over.
    pub open: u64,
    /// Those that succeeded.
    pub succeeded: u64,
    /// Those that somebody has ended.
    pub cancelled: u64,
    /// Those that ended in any other way.
    pub failed: u64,
}

impl Ends {
    /// Counts so many runs that are in this state.
    pub const fn count(&mut self, state: RunState, runs: u64) {
        match state {
            RunState::Ended(RunEnd::Verdict(VerdictKind::Succeeded)) => self.succeeded += runs,
            RunState::Ended(RunEnd::Verdict(VerdictKind::Cancelled)) => self.cancelled += runs,
            RunState::Ended(RunEnd::Verdict(_) | RunEnd::Expired(_)) => self.failed += runs,
            RunState::Ended(RunEnd::Skipped(_)) => {}
            RunState::Scheduled | RunState::Running | RunState::RetryWait => self.open += runs,
        }
    }

    const fn is_over(self) -> bool {
        self.open == 0 && self.succeeded + self.cancelled + self.failed > 0
    }
}

/// Whether a task runs now that a run of its parent `ended` is over.
///
/// A failure is told of as soon as the parent's own runs are over: another parent that
/// depends on this one would never come.
#[must_use]
pub fn follows(on: On, ended: Ends, others: &[Ends]) -> bool {
    let mut all = std::iter::once(ended).chain(others.iter().copied());
    match on {
        On::Success => all.all(|it| it.is_over() && it.cancelled + it.failed == 0),
        On::Failure => ended.is_over() && ended.failed > 0,
        On::Always => all.all(Ends::is_over),
    }
}

/// A task that runs after others, with all that it takes to make a run of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Follower {
    /// The task.
    pub task: TaskName,
    /// After which ones.
    pub after: After,
    /// The rules of its runs.
    pub rules: Rules,
    /// Its own arguments, JSON.
    pub args: Arc<str>,
}

impl Follower {
    /// The arguments of a run with these outputs of its parents; none where it has its
    /// task's own.
    #[must_use]
    pub fn args(&self, outputs: &Outputs) -> Option<String> {
        let input = self.after.input.as_ref()?;
        let mut args = match serde_json::from_str(&self.args) {
            Ok(Value::Object(args)) => args,
            // The configuration has been told that it should be an object.
            _ => Map::new(),
        };
        let value = match self.after.parents.as_slice() {
            [only] => outputs.of(only),
            several => several.iter().map(|task| (task.to_string(), outputs.of(task))).collect(),
        };
        args.insert(input.clone(), value);
        Some(Value::Object(args).to_string())
    }
}

/// What the runs of parents in one tree have returned.
#[derive(Debug, Clone, Default)]
pub struct Outputs(HashMap<TaskName, Output>);

#[derive(Debug, Clone)]
enum Output {
    One(Value),
    /// It was started by another run, and so might others have been.
    Many(Vec<Value>),
}

impl Outputs {
    /// The most bytes that they have together.
    pub const MOST: u64 = 1 << 20;

    /// Adds that of a run, the oldest run first.
    pub fn add(&mut self, task: TaskName, output: Option<&str>, was_started: bool) {
        let value = output.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        match (self.0.get_mut(&task), was_started) {
            (Some(Output::Many(list)), _) => list.push(value),
            (_, true) => drop(self.0.insert(task, Output::Many(vec![value]))),
            (_, false) => drop(self.0.insert(task, Output::One(value))),
        }
    }

    fn of(&self, task: &TaskName) -> Value {
        match self.0.get(task) {
            Some(Output::One(value)) => value.clone(),
            Some(Output::Many(list)) => Value::Array(list.clone()),
            None => Value::Null,
        }
    }
}

/// Which tasks run after which ones.
#[derive(Debug, Default)]
pub struct Chains {
    /// By their parents.
    followers: HashMap<TaskName, BTreeMap<TaskName, Arc<Follower>>>,
    known: HashMap<TaskName, Arc<Follower>>,
}

impl Chains {
    /// The tasks that run after this one.
    pub fn after(&self, task: &TaskName) -> impl Iterator<Item = &Follower> {
        self.followers.get(task).into_iter().flat_map(BTreeMap::values).map(Arc::as_ref)
    }

    /// Has a task run after these, and after no others.
    pub fn set(&mut self, follower: Arc<Follower>) {
        self.remove(&follower.task);
        for parent in &follower.after.parents {
            let followers = self.followers.entry(parent.clone()).or_default();
            followers.insert(follower.task.clone(), follower.clone());
        }
        self.known.insert(follower.task.clone(), follower);
    }

    /// Has a task run after no other.
    pub fn remove(&mut self, task: &TaskName) {
        let Some(known) = self.known.remove(task) else { return };
        for parent in &known.after.parents {
            if let Some(followers) = self.followers.get_mut(parent) {
                followers.remove(task);
            }
        }
    }

    /// Has no task run after any other.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The first way that leads from a task to itself, by its parents: it begins and ends with
/// the same name. `parents` says what a task runs after.
#[must_use]
pub fn cycle<'t>(
    tasks: impl IntoIterator<Item = &'t TaskName>,
    parents: impl Fn(&'t TaskName) -> &'t [TaskName],
) -> Option<Vec<&'t TaskName>> {
    let mut done = HashMap::<&TaskName, bool>::new();
    for task in tasks {
        // Not by recursion: a chain may have ten thousand tasks.
        let mut way = vec![(task, 0)];
        if done.contains_key(task) {
            continue;
        }
        done.insert(task, false);
        while let Some((task, next)) = way.last_mut() {
            let Some(parent) = parents(task).get(*next) else {
                done.insert(*task, true);
                way.pop();
                continue;
            };
            *next += 1;
            match done.get(parent) {
                Some(true) => {}
                None => {
                    done.insert(parent, false);
                    way.push((parent, 0));
                }
                Some(false) => {
                    let from = way.iter().position(|(task, _)| *task == parent)?;
                    let way = way.into_iter().skip(from).map(|(task, _)| task);
                    return Some(way.chain([parent]).collect());
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> TaskName {
        text.parse().unwrap()
    }

    fn ends(open: u64, succeeded: u64, failed: u64) -> Ends {
        Ends { open, succeeded, cancelled: 0, failed }
    }

    #[test]
    fn a_join_waits_for_all_and_a_failure_for_none() {
        let (well, badly, open, never) =
            (ends(0, 2, 0), ends(0, 1, 1), ends(1, 9, 9), Ends::default());
        assert!(follows(On::Success, well, &[well, well]));
        for other in [badly, open, never] {
            assert!(!follows(On::Success, well, &[other]));
        }
        assert!(follows(On::Always, well, &[badly]) && follows(On::Always, badly, &[well]));
        assert!(!follows(On::Always, well, &[open]) && !follows(On::Always, well, &[never]));
        assert!(follows(On::Failure, badly, &[never]) && follows(On::Failure, badly, &[open]));
        assert!(!follows(On::Failure, open, &[badly]) && !follows(On::Failure, well, &[badly]));
        let cancelled = Ends { cancelled: 1, ..Ends::default() };
        assert!(!follows(On::Failure, cancelled, &[]) && !follows(On::Success, cancelled, &[]));
        assert!(follows(On::Always, cancelled, &[]));
    }

    fn follower(parents: &[&str], input: Option<&str>, args: &str) -> Follower {
        let parents = parents.iter().map(|parent| name(parent)).collect();
        let after = After { parents, on: On::Success, input: input.map(str::to_owned) };
        Follower { task: name("z"), after, rules: Rules::default(), args: args.into() }
    }

    #[test]
    fn outputs_become_an_argument() {
        let mut outputs = Outputs::default();
        outputs.add(name("a"), Some("1"), false);
        outputs.add(name("a"), Some("{\"n\":2}"), false);
        outputs.add(name("b"), Some("3"), true);
        outputs.add(name("b"), None, true);
        let args = |parents: &[&str], input, own| follower(parents, input, own).args(&outputs);
        assert_eq!(args(&["a"], None, "{}"), None);
        let one = args(&["a"], Some("rows"), "{\"depth\":3}").unwrap();
        assert_eq!(one, "{\"depth\":3,\"rows\":{\"n\":2}}");
        let two = args(&["a", "b", "c"], Some("rows"), "null").unwrap();
        assert_eq!(two, "{\"rows\":{\"a\":{\"n\":2},\"b\":[3,null],\"c\":null}}");
    }

    #[test]
    fn who_follows_whom_can_change() {
        let mut chains = Chains::default();
        chains.set(Arc::new(follower(&["a", "b"], None, "null")));
        let after = |chains: &Chains, task| chains.after(&name(task)).count();
        assert_eq!((after(&chains, "a"), after(&chains, "b")), (1, 1));
        chains.set(Arc::new(follower(&["b"], None, "null")));
        assert_eq!((after(&chains, "a"), after(&chains, "b")), (0, 1));
        chains.remove(&name("z"));
        assert_eq!(after(&chains, "b"), 0);
    }

    #[test]
    fn a_chain_of_ten_thousand_has_an_end() {
        let names: Vec<_> = (0..10_000).map(|number| name(&format!("t{number}"))).collect();
        let after = |task: &TaskName| {
            let number: usize = task.as_str()[1..].parse().unwrap();
            names.get(number + 1).map_or(&[][..], std::slice::from_ref)
        };
        assert_eq!(cycle(&names, after), None);
        let round = |task: &TaskName| match after(task) {
            [] => std::slice::from_ref(&names[0]),
            next => next,
        };
        assert_eq!(cycle(&names, round).unwrap().len(), 10_001);
    }

    proptest! {
        /// Against the definition: a task that can be reached from itself.
        #[test]
        fn a_cycle_is_found_where_there_is_one(
            edges in prop::collection::vec((0..8_usize, 0..8_usize), 0..14),
        ) {
            let names: Vec<_> = (0..8).map(|number| name(&format!("t{number}"))).collect();
            let mut parents = vec![Vec::new(); 8];
            let mut reaches = [[false; 8]; 8];
            for (from, to) in edges {
                parents[from].push(names[to].clone());
                reaches[from][to] = true;
            }
            for by in 0..8 {
                for from in 0..8 {
                    for to in 0..8 {
                        reaches[from][to] |= reaches[from][by] && reaches[by][to];
                    }
                }
            }
            let place = |task: &TaskName| task.as_str()[1..].parse::<usize>().unwrap();
            let found = cycle(&names, |task| &parents[place(task)]);
            prop_assert_eq!(found.is_some(), (0..8).any(|task| reaches[task][task]));
            if let Some(way) = found {
                prop_assert_eq!(way.first(), way.last());
                for step in way.windows(2) {
                    prop_assert!(parents[place(step[0])].contains(step[1]));
                }
            }
        }
    }
}
