//! When each task is due next. Pure: it is told the time.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use horarium_core::{
    name::TaskName,
    rules::Rules,
    run::Trigger,
    schedule::{Cursor, Schedule},
    store::{TaskFires, TaskState},
    task::TaskSpec,
    time,
};
use jiff::Timestamp;

use crate::{fires, named::Named};

/// Elements that tasks have left behind and that are not worth tidying up.
const SLACK: usize = 64;

/// All tasks, ordered by their next instant.
#[derive(Default)]
pub(crate) struct Timetable {
    tasks: HashMap<Named, Entry>,
    /// The next instant of each task that has one. An element that its task has
    /// left behind is passed over when it comes up.
    next: BinaryHeap<Reverse<(Stored, Named)>>,
    /// Nothing starts at all.
    paused: bool,
}

/// An instant at the precision that the store keeps, in half the room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stored(i64);

impl Stored {
    fn of(instant: Timestamp) -> Self {
        Self(instant.as_microsecond())
    }

    /// The first one that is not before this instant.
    fn not_before(instant: Timestamp) -> Self {
        let floor = Self::of(instant);
        if floor.instant() < instant { Self(floor.0 + 1) } else { floor }
    }

    fn instant(self) -> Timestamp {
        // By nanoseconds: `from_microsecond` refuses the last second there is.
        Timestamp::from_nanosecond(i128::from(self.0) * 1_000).unwrap_or(Timestamp::MAX)
    }
}

/// How a task stands. Small: there may be a million.
struct Entry {
    cursor: Stored,
    /// Nothing is considered yet: it was created at its cursor.
    new: bool,
    /// A continuous task that has no run which would make the next one.
    idle: bool,
    /// Nothing of it starts.
    paused: bool,
    /// Since when it has been looked after: what was due before that was missed.
    awake: Stored,
}

impl Entry {
    fn cursor(&self) -> Cursor {
        match self.new {
            true => Cursor::Created(self.cursor.instant()),
            false => Cursor::Considered(self.cursor.instant()),
        }
    }

    fn set_cursor(&mut self, cursor: Cursor) {
        self.cursor = Stored::of(cursor.instant());
        self.new = matches!(cursor, Cursor::Created(_));
    }

    fn next(&self, spec: &TaskSpec) -> Option<Timestamp> {
        if self.paused {
            return None;
        }
        match spec.schedule {
            Schedule::Continuous { .. } => self.idle.then_some(self.cursor.instant()),
            _ => spec.schedule.next(self.cursor()),
        }
    }

    fn due(&self, spec: &TaskSpec, now: Timestamp) -> Option<TaskFires> {
        let Rules { overlap, misfire, .. } = spec.rules;
        let (instants, passed, cursor) = match spec.schedule {
            Schedule::Continuous { .. } => {
                (self.idle.then(|| vec![now])?, None, Cursor::Considered(now))
            }
            _ => {
                let due = misfire.due(&spec.schedule, self.cursor(), now, self.awake.instant())?;
                (due.fires, due.passed, due.cursor)
            }
        };
        Some(TaskFires {
            task: spec.name.clone(),
            trigger: spec.schedule.trigger(),
            fires: instants.into_iter().map(|at| fires::fire(spec, at, now)).collect(),
            passed,
            cursor,
            overlap,
        })
    }
}

impl Timetable {
    /// Has these tasks as they are now, where they stand. Those that are new are looked
    /// after from `now` on.
    pub(crate) fn enrol(&mut self, tasks: &[Arc<TaskSpec>], states: &[TaskState], now: Timestamp) {
        self.tasks.reserve(tasks.len());
        self.next.reserve(tasks.len());
        for (spec, state) in tasks.iter().zip(states) {
            // A key stays the one that was there first: it is what it was.
            let before = self.tasks.remove(&spec.name);
            let awake = before.map_or(Stored::of(now), |entry| entry.awake);
            let mut entry = Entry {
                cursor: awake,
                new: true,
                idle: spec.schedule.trigger() == Trigger::Continuous && state.unfinished == 0,
                paused: state.pause.is_some(),
                awake,
            };
            entry.set_cursor(state.cursor);
            self.enter(Named(spec.clone()), entry);
        }
    }

    /// Has these tasks no more.
    pub(crate) fn strike(&mut self, tasks: &[TaskName]) {
        for task in tasks {
            self.tasks.remove(task);
        }
        self.tidy();
    }

    fn enter(&mut self, task: Named, entry: Entry) {
        if let Some(next) = entry.next(&task.0) {
            self.next.push(Reverse((Stored::not_before(next), task.clone())));
        }
        self.tasks.insert(task, entry);
        self.tidy();
    }

    /// Drops what has been left behind, once it is the greater part: a task that changes
    /// again and again leaves an element each time, which may come up next year.
    fn tidy(&mut self) {
        if self.next.len() > 2 * self.tasks.len() + SLACK {
            let next = |(task, entry): (&Named, &Entry)| {
                let at = Stored::not_before(entry.next(&task.0)?);
                Some(Reverse((at, task.clone())))
            };
            self.next = self.tasks.iter().filter_map(next).collect();
        }
    }

    /// Lets nothing of a task be due, or lets it be due again: what passed until now was
    /// missed.
    pub(crate) fn pause(&mut self, task: &TaskName, paused: bool, now: Timestamp) {
        let Some((task, mut entry)) = self.tasks.remove_entry(task) else { return };
        if entry.paused && !paused {
            entry.awake = Stored::of(now);
        }
        entry.paused = paused;
        self.enter(task, entry);
    }

    /// Lets nothing be due, or what is not paused itself again.
    pub(crate) fn pause_all(&mut self, paused: bool, now: Timestamp) {
        if self.paused && !paused {
            self.overslept(now);
        }
        self.paused = paused;
    }

    /// A run of this task ended and made no next one: the next one is due at `at`.
    pub(crate) fn begin_again(&mut self, task: &TaskName, now: Timestamp) {
        if let Some((task, mut entry)) = self.tasks.remove_entry(task) {
            if let Schedule::Continuous { pause } = task.0.schedule {
                entry.idle = true;
                entry.set_cursor(Cursor::Considered(time::add(now, pause)));
            }
            self.enter(task, entry);
        }
    }

    /// Nobody looked for a while: what passed until now was missed.
    pub(crate) fn overslept(&mut self, now: Timestamp) {
        self.tasks.values_mut().for_each(|entry| entry.awake = Stored::of(now));
    }

    /// The clock was set back: chains that wait are due that much earlier by it.
    pub(crate) fn set_back(&mut self, by: Duration) {
        let waits = |(task, entry): (&Named, &mut Entry)| {
            let chain = matches!(task.0.schedule, Schedule::Continuous { .. });
            (chain && entry.idle).then(|| {
                entry.cursor = Stored::of(time::sub(entry.cursor.instant(), by));
                task.clone()
            })
        };
        let waiting: Vec<_> = self.tasks.iter_mut().filter_map(waits).collect();
        for task in waiting {
            if let Some((task, entry)) = self.tasks.remove_entry(&task) {
                self.enter(task, entry);
            }
        }
    }

    /// How many tasks have been considered up to an instant after this one, and up to
    /// which, where there are any.
    pub(crate) fn seen_after(&self, instant: Timestamp) -> Option<(usize, Timestamp)> {
        let endless =
            |task: &Named| matches!(task.0.schedule, Schedule::Cron(_) | Schedule::Every(_));
        let after = Stored::of(instant);
        let ahead = self.tasks.iter().filter(|(task, entry)| endless(task) && entry.cursor > after);
        ahead.fold(None, |found, (_, entry)| {
            let (count, until) = found.unwrap_or((0, entry.cursor.instant()));
            Some((count + 1, until.max(entry.cursor.instant())))
        })
    }

    /// When the next look is worth it; none while nothing will ever be due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        if self.paused {
            return None;
        }
        self.next.peek().map(|Reverse((at, _))| at.instant())
    }

    /// What is due at `now`, at most `limit` tasks. The timetable stays as it is
    /// until [`advance`](Self::advance) is told that the fires are recorded.
    pub(crate) fn due(&mut self, now: Timestamp, limit: usize) -> Vec<TaskFires> {
        let mut due = Vec::new();
        while due.len() < limit && !self.paused {
            match self.next.peek() {
                Some(Reverse((at, _))) if at.instant() <= now => {}
                _ => break,
            }
            let Some(Reverse((at, task))) = self.next.pop() else {
                break;
            };
            // As it is now, and not as it was when this was put here.
            let Some((task, entry)) = self.tasks.get_key_value(&task) else {
                continue;
            };
            if entry.next(&task.0).map(Stored::not_before) == Some(at)
                && let Some(fires) = entry.due(&task.0, now)
            {
                due.push(fires);
            }
        }
        due
    }

    /// Moves the tasks of these recorded fires on.
    pub(crate) fn advance(&mut self, recorded: &[TaskFires]) {
        for fires in recorded {
            let Some((task, mut entry)) = self.tasks.remove_entry(&fires.task) else {
                continue;
            };
            entry.set_cursor(fires.cursor);
            entry.idle = false;
            self.enter(task, entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::{
        instance::InstancePolicy, limits::Limits, schedule::Every, store::NewFire,
    };

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn every(seconds: u64) -> Schedule {
        Schedule::Every(Every::new(Duration::from_secs(seconds), Duration::ZERO).unwrap())
    }

    fn spec(number: usize, schedule: Schedule) -> Arc<TaskSpec> {
        Arc::new(TaskSpec {
            name: format!("task-{number}").parse().unwrap(),
            plugin: "plugin".parse().unwrap(),
            function: "function".into(),
            args: "null".into(),
            schedule,
            rules: Rules::default(),
            limits: Limits::DEFAULT,
            instance: InstancePolicy::Fresh,
            grants: Arc::default(),
        })
    }

    fn state(spec: &TaskSpec, created: Timestamp, unfinished: u64) -> TaskState {
        let cursor = Cursor::Created(created);
        TaskState { task: spec.name.clone(), cursor, unfinished, pause: None }
    }

    fn timetable(schedules: Vec<Schedule>, unfinished: u64) -> Timetable {
        let numbered = schedules.into_iter().enumerate();
        let specs: Vec<_> = numbered.map(|(number, schedule)| spec(number, schedule)).collect();
        let states: Vec<_> = specs.iter().map(|spec| state(spec, at(0), unfinished)).collect();
        let mut timetable = Timetable::default();
        timetable.enrol(&specs, &states, at(0));
        timetable
    }

    #[test]
    fn tasks_come_up_in_the_order_of_their_instants() {
        let mut timetable = timetable(vec![every(60), every(7)], 0);
        let due = timetable.due(at(0), 10);
        assert_eq!(due.len(), 2);
        timetable.advance(&due);
        assert_eq!(timetable.next(), Some(at(7)));
        assert!(timetable.due(at(6), 10).is_empty());
        let due = timetable.due(at(7), 10);
        assert_eq!(due[0].task.as_str(), "task-1");
        timetable.advance(&due);
        assert_eq!(timetable.next(), Some(at(14)));
    }

    #[test]
    fn a_look_takes_no_more_than_its_limit() {
        let mut timetable = timetable(vec![every(1); 5], 0);
        let first = timetable.due(at(0), 3);
        timetable.advance(&first);
        let second = timetable.due(at(0), 3);
        assert_eq!((first.len(), second.len()), (3, 2));
    }

    #[test]
    fn a_continuous_task_is_started_only_where_no_run_would_go_on() {
        let schedule = Schedule::Continuous { pause: Duration::from_secs(5) };
        let mut idle = timetable(vec![schedule.clone()], 0);
        let due = idle.due(at(3), 10);
        assert_eq!(due[0].fires, [NewFire::at(at(3))]);
        idle.advance(&due);
        assert_eq!(idle.next(), None);
        assert_eq!(timetable(vec![schedule], 1).next(), None);
    }

    #[test]
    fn a_single_run_comes_up_once() {
        let mut timetable = timetable(vec![Schedule::Once], 0);
        let due = timetable.due(at(5), 10);
        assert_eq!(due[0].fires, [NewFire::at(at(0))]);
        timetable.advance(&due);
        assert_eq!(timetable.next(), None);
    }

    #[test]
    fn what_lies_between_two_microseconds_is_not_lost() {
        let fine = Timestamp::from_nanosecond(5_000_000_001).unwrap();
        let mut timetable = timetable(vec![Schedule::At(fine)], 0);
        let next = timetable.next().unwrap();
        assert!(next >= fine);
        assert!(timetable.due(at(5), 10).is_empty());
        assert_eq!(timetable.due(next, 10)[0].fires, [NewFire::at(fine)]);
    }

    #[test]
    fn a_changed_task_is_due_by_what_it_is_now() {
        let mut timetable = timetable(vec![every(60), every(7)], 0);
        let due = timetable.due(at(0), 10);
        timetable.advance(&due);
        // In its place in the heap, it still stands as it was.
        let slower = spec(1, every(14));
        timetable.enrol(std::slice::from_ref(&slower), &[state(&slower, at(1), 0)], at(1));
        assert!(timetable.due(at(13), 10).is_empty());
        assert_eq!(timetable.due(at(14), 10)[0].fires, [NewFire::at(at(14))]);
    }

    #[test]
    fn what_a_task_leaves_behind_is_tidied_up() {
        let mut timetable = timetable(vec![every(1_000_000), every(60)], 0);
        let due = timetable.due(at(0), 10);
        timetable.advance(&due);
        for second in 1..1_000 {
            let changed = spec(0, every(1_000_000 + u64::try_from(second).unwrap()));
            let states = [state(&changed, at(second), 0)];
            timetable.enrol(std::slice::from_ref(&changed), &states, at(second));
        }
        assert!(timetable.next.len() <= 2 * 2 + SLACK, "{}", timetable.next.len());
        timetable.strike(&[spec(1, Schedule::Manual).name.clone()]);
        assert!(timetable.due(at(1_000_998), 10).is_empty());
        assert_eq!(timetable.due(at(1_000_999), 10)[0].task.as_str(), "task-0");
    }
}
