//! Which tasks become of a document, before any of them is made.

use std::{borrow::Cow, ops::Range};

use toml::{Spanned, de::DeString};

use super::{
    super::{
        check::Entry,
        decode::{At, Source},
        problem::Problem,
    },
    budget::{Budget, Exhausted, MOST_TASKS},
    expandable::Expandable,
    template::Templates,
};
use crate::config::load::LARGEST;

/// The tasks of a document, those that have to be made included.
pub(in crate::config) struct Plan<'t, 's> {
    /// In the order of their names.
    jobs: Vec<Job<'s>>,
    expandable: Vec<Expandable<'t, 's>>,
    /// Templates that are of no use.
    pub(in crate::config) idle: Vec<At<String>>,
}

/// A task to be.
struct Job<'s> {
    name: Spanned<DeString<'s>>,
    origin: Origin<'s>,
}

/// What it is made of.
#[derive(Clone, Copy)]
enum Origin<'s> {
    /// It is written as it is.
    Written(&'s Spanned<DeString<'s>>, &'s Source<'s>),
    /// One of those that are to be made, for one of its items.
    Expandable(usize, Option<usize>),
}

/// A task of a document, and what is wrong with how it was made.
pub(in crate::config) struct Found<'s> {
    /// The task; none where it would be too much.
    pub(in crate::config) entry: Option<Entry<'s>>,
    pub(in crate::config) problems: Vec<Problem>,
    /// Whether it is all there.
    pub(in crate::config) is_whole: bool,
}

impl<'s> Found<'s> {
    /// One that is written as it is.
    pub(in crate::config) const fn written(entry: Entry<'s>) -> Self {
        Self { entry: Some(entry), problems: Vec::new(), is_whole: true }
    }
}

impl<'t, 's> Plan<'t, 's> {
    /// Looks at all tasks of a document; what is wrong with them whatever they are made for
    /// goes to `problems`.
    pub(in crate::config) fn of(
        document: &'s Source<'s>,
        templates: &'t Templates<'s>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut plan = Self { jobs: Vec::new(), expandable: Vec::new(), idle: Vec::new() };
        let tables = document.get_ref().as_table().and_then(|keys| keys.get("task"));
        let tasks = tables.and_then(|tasks| tasks.get_ref().as_table());
        let mut made = 0;
        for (name, value) in tasks.into_iter().flatten() {
            match Expandable::is(value) {
                false => {
                    let origin = Origin::Written(name, value);
                    plan.jobs.push(Job { name: name.clone(), origin });
                }
                true => {
                    let task = Expandable::read(name, value, templates, problems);
                    problems.extend(task.and_then(|task| plan.add(task, &mut made)));
                }
            }
        }
        let used = plan.expandable.iter().flat_map(|task| task.chain.layers.iter().copied());
        plan.idle = templates.without(used);
        plan.jobs.sort_by(|one, other| one.name.get_ref().cmp(other.name.get_ref()));
        plan.collisions(templates.text, problems);
        plan
    }

    /// Adds what becomes of a task, as long as there are not too many.
    fn add(&mut self, task: Expandable<'t, 's>, made: &mut usize) -> Option<Problem> {
        let place = self.expandable.len();
        let mut problem = None;
        match &task.items {
            None => {
                let origin = Origin::Expandable(place, None);
                self.jobs.push(Job { name: task.name_for(None), origin });
            }
            Some(items) => {
                let left = MOST_TASKS - *made;
                for (n, item) in items.iter().enumerate().take(left) {
                    let origin = Origin::Expandable(place, Some(n));
                    self.jobs.push(Job { name: task.name_for(Some(item)), origin });
                }
                *made += items.len().min(left);
                problem = items.get(left).map(|first| {
                    let message = format!("`for_each` makes more than {MOST_TASKS} tasks");
                    let help = "write fewer names".to_owned();
                    task.problem(Some(first), message, help)
                });
            }
        }
        self.expandable.push(task);
        problem
    }

    /// Says which tasks have the name of another one.
    fn collisions(&self, text: &str, problems: &mut Vec<Problem>) {
        let twins = self.jobs.windows(2).filter_map(|pair| match pair {
            [one, other] if one.name.get_ref() == other.name.get_ref() => Some((one, other)),
            _ => None,
        });
        let mut twins = twins.peekable();
        if twins.peek().is_none() {
            return;
        }
        let breaks: Vec<_> = text.match_indices('\n').map(|(place, _)| place).collect();
        let line = |span: Range<usize>| 1 + breaks.partition_point(|place| *place < span.start);
        for (one, other) in twins {
            // Who has written the other one sees where that is.
            let (at, other) = match one.origin {
                Origin::Expandable(..) => (one, other),
                Origin::Written(..) => (other, one),
            };
            let name = at.name.get_ref();
            problems.push(Problem {
                span: at.name.span(),
                key: format!("task.{name}"),
                message: format!(
                    "`for_each` makes a task `{name}`, and there is another one in line {}",
                    line(other.name.span())
                ),
                help: Some("give one of the two another name".to_owned()),
                absent: false,
            });
        }
    }

    /// All tasks, in the order of their names, each made when it is asked for.
    pub(in crate::config) fn tasks(&self) -> impl Iterator<Item = Found<'_>> {
        let mut budget = Some(Budget::new());
        self.jobs.iter().filter_map(move |job| match job.origin {
            Origin::Written(name, value) => Some(Found::written(Entry {
                name: Cow::Borrowed(name),
                value: Cow::Borrowed(value),
            })),
            Origin::Expandable(..) => self.make(job, &mut budget),
        })
    }

    /// Makes a task, as long as there is anything left to make it with.
    fn make(&self, job: &Job<'s>, budget: &mut Option<Budget>) -> Option<Found<'_>> {
        let Origin::Expandable(place, item) = job.origin else { return None };
        let task = self.expandable.get(place)?;
        let item = item.and_then(|item| task.items.as_ref()?.get(item));
        let name = Cow::Owned(job.name.clone());
        match task.make(item, budget.as_mut()?) {
            Ok(made) => Some(Found {
                entry: Some(Entry { name, value: Cow::Owned(made.value) }),
                problems: made.problems,
                is_whole: made.is_whole,
            }),
            Err(Exhausted) => {
                *budget = None;
                let message = format!("templates make more than {LARGEST} bytes of this file");
                let help = "leave out of the template what is long, and let the tasks read it \
                            from a file or from their state";
                let problem = task.problem(item, message, help.to_owned());
                Some(Found { entry: None, problems: vec![problem], is_whole: false })
            }
        }
    }
}
