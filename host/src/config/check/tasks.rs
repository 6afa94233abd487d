//! The tasks, each read and checked before the next one is looked at.

use std::{
    borrow::Cow,
    iter, panic,
    sync::atomic::{AtomicUsize, Ordering},
    thread::{self, available_parallelism},
};

use horarium_core::{
    grants::Grants,
    instance::InstancePolicy,
    limits::LimitWishes,
    name::{PluginName, TaskName},
    rules::Rules,
    schedule::Schedule,
};
use toml::{Spanned, de::DeString};

use super::{
    super::{
        decode::{At, Decode, Source, join},
        load::document,
        pieces::Piece,
        problem::Problem,
        raw::{RawTask, RawTasks},
        table::table,
        templates::{Found, Plan},
        wishes::{RetryWishes, limit_keys, retry_wishes},
    },
    Checker, Granted, NamedFile, first,
};

/// What a task says of its schedule.
#[derive(Debug, Clone)]
pub(crate) enum ScheduleDraft {
    /// Nothing: its plugin may suggest one.
    Unsaid,
    /// Something that is a problem already.
    Wrong,
    /// When it is due.
    Said(Schedule),
}

/// A task that still has to hear what its plugin suggests.
#[derive(Debug)]
pub(crate) struct TaskDraft {
    pub(crate) name: At<TaskName>,
    pub(crate) plugin: At<PluginName>,
    pub(crate) function: Option<At<String>>,
    pub(crate) schedule: ScheduleDraft,
    pub(crate) args: Option<At<serde_json::Value>>,
    pub(crate) limits: LimitWishes,
    pub(crate) retry: RetryWishes,
    /// All but how often a run is tried.
    pub(crate) rules: Rules,
    pub(crate) instance: InstancePolicy,
    pub(crate) grants: Grants,
    /// Whether another task may start it, and hand it its arguments.
    pub(crate) is_started: bool,
    /// Where it is said that it brings alerts, which are its arguments then.
    pub(crate) brings: Option<At<TaskName>>,
}

/// A task in a document, or one that was made of it.
#[derive(Clone)]
pub(in crate::config) struct Entry<'s> {
    pub(in crate::config) name: Cow<'s, Spanned<DeString<'s>>>,
    pub(in crate::config) value: Cow<'s, Source<'s>>,
}

impl<'s> Entry<'s> {
    /// The tasks of a document, in the order of their names.
    fn tasks(document: &'s Source<'s>) -> Vec<Self> {
        let tables = document.get_ref().as_table().and_then(|keys| keys.get("task"));
        let tasks = tables.and_then(|tasks| tasks.get_ref().as_table());
        let entries = tasks.into_iter().flat_map(|tasks| tasks.iter());
        let entries = entries
            .map(|(name, value)| Self { name: Cow::Borrowed(name), value: Cow::Borrowed(value) });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|one, other| one.name.get_ref().cmp(other.name.get_ref()));
        entries
    }
}

/// The tasks of a configuration, as they are found.
pub(in crate::config) enum Tasks<'s> {
    /// In a document that was read as a whole.
    Whole(Plan<'s, 's>),
    /// In pieces of a text, which have no templates.
    Pieces(Vec<Piece<'s>>),
}

impl Tasks<'_> {
    /// Templates that none of them extends.
    pub(super) fn idle(&self) -> &[At<String>] {
        match self {
            Self::Whole(plan) => &plan.idle,
            Self::Pieces(_) => &[],
        }
    }
}

/// What there is of tasks after they were checked.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) tasks: Vec<TaskDraft>,
    pub(super) granted: Vec<Granted>,
    pub(super) named: Vec<NamedFile>,
    pub(super) mentioned: Vec<At<TaskName>>,
    pub(super) problems: Vec<Problem>,
}

/// Reads and checks all of them.
pub(super) fn check(checker: &Checker<'_>, tasks: &Tasks<'_>) -> Checked {
    match tasks {
        Tasks::Whole(plan) => checker.entries(plan.tasks()),
        Tasks::Pieces(pieces) => checker.pieces(pieces),
    }
}

table! {
    /// What stands in a piece.
    RawPiece {
        /// The tasks, by name.
        task: RawTasks,
    }
}

impl Checker<'_> {
    /// Checks pieces, with as many threads as can run at once.
    fn pieces(&self, pieces: &[Piece<'_>]) -> Checked {
        let next = AtomicUsize::new(0);
        let work = || {
            let piece = || pieces.get(next.fetch_add(1, Ordering::Relaxed));
            iter::from_fn(piece).map(|piece| self.piece(*piece)).collect::<Vec<_>>()
        };
        let others = available_parallelism().map_or(0, |threads| threads.get() - 1);
        let parts = thread::scope(|scope| {
            // Where the system has no threads, this one does it all.
            let begin = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let begun: Vec<_> = (1..pieces.len().min(others + 1)).filter_map(begin).collect();
            let mut parts = work();
            for thread in begun {
                parts.extend(thread.join().unwrap_or_else(|fault| panic::resume_unwind(fault)));
            }
            parts
        });
        Checked::of(parts)
    }

    fn piece(&self, piece: Piece<'_>) -> Checked {
        let mut problems = Vec::new();
        let document = document(piece.text, &mut problems);
        let raw =
            document.as_ref().and_then(|document| RawPiece::decode(document, "", &mut problems));
        let tasks = document.as_ref().filter(|_| raw.is_some_and(|raw| raw.task.is_some()));
        let entries = tasks.map(Entry::tasks).unwrap_or_default();
        let mut checked = self.entries(entries.into_iter().map(Found::written));
        checked.problems.append(&mut problems);
        checked.shift(piece.start);
        checked
    }

    /// Checks tasks as if there were no others.
    fn entries<'e>(&self, entries: impl Iterator<Item = Found<'e>>) -> Checked {
        let mut checker = Checker::new(self.dir, self.caps, self.defaults);
        checker.grant_caps = self.grant_caps.clone();
        let mut problems = Vec::new();
        let mut tasks = Vec::with_capacity(entries.size_hint().0);
        for mut found in entries {
            let draft = found.entry.and_then(|entry| checker.entry(&entry));
            // Nobody has to hear what else is wrong with the rest of a task.
            tasks.extend(draft.filter(|_| found.is_whole));
            problems.append(&mut found.problems);
            // Each task looks only at its own.
            problems.append(&mut checker.problems);
        }
        let Checker { granted, named, mentioned, .. } = checker;
        Checked { tasks, granted, named, mentioned, problems }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Option<TaskDraft> {
        let name = entry.name.get_ref();
        let key = join("task", name);
        let value = RawTask::decode(&entry.value, &key, &mut self.problems)?;
        // The place of the name says more than that of all that is below it.
        self.task(name, &At { value, span: entry.name.span(), key })
    }

    fn task(&mut self, name: &str, task: &At<RawTask>) -> Option<TaskDraft> {
        let raw = &task.value;
        if raw.extends.is_some() || raw.vars.is_some() || raw.for_each.is_some() {
            // Those that were made say none of it, and no piece of a text knows all templates.
            self.wrong(task, "it is still to be made", "read the whole");
        }
        let limits = limit_keys!(raw);
        self.limits(&limits);
        let retry = raw.retry.as_ref().map(|retry| self.retry(&retry.value)).unwrap_or_default();
        let grants =
            raw.grants.as_ref().map(|grants| self.grants(&grants.value)).unwrap_or_default();
        let schedule = self.schedule_draft(task);
        let name = self.name::<TaskName>(&task.map(|_| name.to_owned()));
        let plugin = match &raw.plugin {
            Some(plugin) => self.name::<PluginName>(plugin),
            None => name.as_ref().and_then(|name| self.name(&name.map(ToString::to_string))),
        };
        Some(TaskDraft {
            name: name?,
            plugin: plugin?,
            function: raw.function.clone(),
            schedule,
            args: raw.args.as_ref().map(|args| args.map(|args| args.0.clone())),
            limits: limits.wishes().or(limit_keys!(self.defaults).wishes()),
            retry: retry.or(self.default_retry()),
            rules: self.rules(raw),
            instance: first(&raw.instance, &self.defaults.instance),
            grants,
            is_started: false,
            brings: None,
        })
    }

    fn default_retry(&self) -> RetryWishes {
        self.defaults.retry.as_ref().map(|retry| retry_wishes(&retry.value)).unwrap_or_default()
    }

    pub(super) fn name<N: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        text: &At<String>,
    ) -> Option<At<N>> {
        match text.value.parse() {
            Ok(name) => Some(text.map(|_| name)),
            Err(reason) => {
                let message = format!("{:?} is no name: {reason}", text.value);
                self.wrong(text, message, "such as `nightly-report`");
                None
            }
        }
    }
}

impl Checked {
    /// Counts places from an earlier beginning, which lies so many bytes before.
    fn shift(&mut self, by: usize) {
        for TaskDraft { name, plugin, function, args, .. } in &mut self.tasks {
            name.shift(by);
            plugin.shift(by);
            function.iter_mut().for_each(|function| function.shift(by));
            args.iter_mut().for_each(|args| args.shift(by));
        }
        self.granted.iter_mut().for_each(|granted| granted.at.shift(by));
        self.named.iter_mut().for_each(|named| named.at.shift(by));
        self.mentioned.iter_mut().for_each(|task| task.shift(by));
        for problem in &mut self.problems {
            problem.span = problem.span.start + by..problem.span.end + by;
        }
    }

    /// All parts as one, in the order of the tasks' names, in which each part is already.
    fn of(parts: Vec<Self>) -> Self {
        let mut order = Vec::with_capacity(parts.iter().map(|part| part.tasks.len()).sum());
        for (place, part) in parts.iter().enumerate() {
            order.extend(part.tasks.iter().map(|task| (&task.name, place)));
        }
        order.sort_by(|(one, _), (other, _)| one.value.cmp(&other.value));
        let twice = order.windows(2).filter_map(|pair| match pair {
            [(one, _), (other, _)] if one.value == other.value => {
                Some(other.problem("there is another task of this name", None))
            }
            _ => None,
        });
        let mut all = Self { problems: twice.collect(), ..Self::default() };
        let order: Vec<_> = order.into_iter().map(|(_, part)| part).collect();
        let mut tails = Vec::with_capacity(parts.len());
        for mut part in parts {
            all.granted.append(&mut part.granted);
            all.named.append(&mut part.named);
            all.mentioned.append(&mut part.mentioned);
            all.problems.append(&mut part.problems);
            tails.push(part.tasks.into_iter());
        }
        // Drafts are large: each one is moved once.
        all.tasks = order.into_iter().filter_map(|part| tails.get_mut(part)?.next()).collect();
        all
    }
}
