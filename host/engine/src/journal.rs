//! What an attempt under way has said.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use horarium_core::{
    attempt::{HttpRequest, Lease, Observer, Progress},
    log::LogLine,
    name::TaskName,
    store::{ClaimedRun, LinePlace, LineView},
};
use jiff::Timestamp;

use crate::event::{Event, Events};

/// Gathers an attempt's log until it is written down, remembers how far it said it is, and
/// passes both on to whoever watches. What it holds is bounded by the sandbox's capture.
pub(crate) struct Journal {
    events: Arc<dyn Events>,
    lease: Lease,
    task: TaskName,
    attempt: u32,
    since: Timestamp,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    /// How many lines are written down.
    written: usize,
    /// Those that are not.
    unwritten: Vec<LogLine>,
    /// How many of these, from the first one on, are just being written down.
    writing: usize,
    /// How many times it said how far it is, and the last of them.
    progress: Option<(u64, Progress)>,
}

/// An attempt under way.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWay {
    /// The lease, which also names the run.
    pub lease: Lease,
    /// The task.
    pub task: TaskName,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// When it was taken up.
    pub since: Timestamp,
    /// How far it last said it is.
    pub progress: Option<Progress>,
}

/// What an attempt under way has said of late.
#[derive(Debug, Clone, PartialEq)]
pub struct Tail {
    /// Where the first line stands, or will, that is not in the history.
    pub begins: LinePlace,
    /// Such lines, oldest first.
    pub lines: Vec<LineView>,
    /// How far it last said it is, and how many times it has said so.
    pub progress: Option<(u64, Progress)>,
}

impl Journal {
    pub(crate) fn new(events: Arc<dyn Events>, run: &ClaimedRun, since: Timestamp) -> Self {
        Self {
            events,
            lease: run.lease,
            task: run.fire.task.clone(),
            attempt: run.attempt,
            since,
            said: Mutex::default(),
        }
    }

    /// When the attempt was taken up.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// The lines that are to be written down now. They stay until they are, so that whoever
    /// reads on from the history finds them in one place or the other.
    pub(crate) fn begin_writing(&self) -> Vec<LogLine> {
        let mut said = self.said();
        said.writing = said.unwritten.len();
        said.unwritten.clone()
    }

    /// They are written down, or could not be.
    pub(crate) fn end_writing(&self, written: bool) {
        let mut said = self.said();
        let lines = std::mem::take(&mut said.writing);
        if written {
            said.unwritten.drain(..lines);
            said.written += lines;
        }
    }

    /// Hands over what nobody else writes down, at the attempt's end.
    pub(crate) fn take(&self) -> Vec<LogLine> {
        let mut said = self.said();
        let from = said.writing;
        said.unwritten.split_off(from)
    }

    /// How it stands.
    pub(crate) fn under_way(&self) -> UnderWay {
        UnderWay {
            lease: self.lease,
            task: self.task.clone(),
            attempt: self.attempt,
            since: self.since,
            progress: self.said().progress.clone().map(|(_, progress)| progress),
        }
    }

    /// What it has said after this line, at most so many.
    pub(crate) fn tail(&self, after: LinePlace, limit: usize) -> Tail {
        let said = self.said();
        let place = |index: usize| {
            let line = i64::try_from(said.written + index + 1).unwrap_or(i64::MAX);
            LinePlace { lease: self.lease.number, line }
        };
        let lines = said.unwritten.iter().enumerate();
        let lines = lines.map(|(index, line)| (place(index), line));
        let new = lines.skip_while(|(place, _)| *place <= after).take(limit);
        Tail {
            begins: place(0),
            lines: new.map(|(place, line)| LineView { place, content: line.clone() }).collect(),
            progress: said.progress.clone(),
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Journal {
    fn log(&self, line: LogLine) {
        // First of all: who hears of it finds it.
        self.said().unwritten.push(line.clone());
        self.events.event(Event::Log { lease: self.lease, task: self.task.clone(), line });
    }

    fn progress(&self, progress: Progress) {
        let mut said = self.said();
        let times = said.progress.as_ref().map_or(0, |(times, _)| *times);
        said.progress = Some((times + 1, progress.clone()));
        drop(said);
        self.events.event(Event::Progress { lease: self.lease, task: self.task.clone(), progress });
    }

    fn requested(&self, request: HttpRequest) {
        self.events.requested(self.lease, request);
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::{
        log::Level,
        run::{Fire, RunId, Trigger},
    };

    use super::*;

    struct Deaf;

    impl Events for Deaf {
        fn event(&self, _: Event) {}
    }

    fn journal() -> Journal {
        let task: TaskName = "a".parse().unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let run = ClaimedRun {
            lease: Lease { run: RunId(7), number: 3 },
            fire: Fire { task, trigger: Trigger::Manual, scheduled_for: at },
            key: String::new(),
            attempt: 2,
            args: None,
            end_by: None,
            created_at: at,
            due_at: at,
        };
        Journal::new(Arc::new(Deaf), &run, at)
    }

    fn told(tail: &Tail) -> Vec<(i64, &str)> {
        tail.lines.iter().map(|it| (it.place.line, it.content.message.as_str())).collect()
    }

    #[test]
    fn a_line_is_where_it_will_be_in_the_history() {
        let journal = journal();
        let say = |text: &str| {
            journal.log(LogLine::of_host(Timestamp::UNIX_EPOCH, Level::Info, text));
        };
        let from = |line| LinePlace { lease: 3, line };
        ["one", "two", "three"].into_iter().for_each(say);
        assert_eq!(told(&journal.tail(from(0), 9)), [(1, "one"), (2, "two"), (3, "three")]);
        assert_eq!(told(&journal.tail(from(1), 1)), [(2, "two")]);
        // What is being written stays until it is.
        assert_eq!(journal.begin_writing().len(), 3);
        say("four");
        assert_eq!(journal.tail(from(0), 9).lines.len(), 4);
        journal.end_writing(false);
        assert_eq!(journal.begin_writing().len(), 4);
        journal.end_writing(true);
        say("five");
        let tail = journal.tail(from(1), 9);
        assert_eq!((tail.begins, told(&tail)), (from(5), vec![(5, "five")]));
        // Another attempt's lines are before all of these, or after.
        assert_eq!(told(&journal.tail(LinePlace { lease: 2, line: 99 }, 9)), [(5, "five")]);
        assert_eq!(told(&journal.tail(LinePlace { lease: 4, line: 0 }, 9)), []);
    }

    #[test]
    fn a_line_is_written_down_once() {
        let journal = journal();
        let say = |text: &str| {
            journal.log(LogLine::of_host(Timestamp::UNIX_EPOCH, Level::Info, text));
        };
        say("one");
        let written = journal.begin_writing();
        say("two");
        let rest = journal.take();
        assert_eq!((written[0].message.as_str(), rest[0].message.as_str()), ("one", "two"));
        assert_eq!((written.len(), rest.len()), (1, 1));
    }

    #[test]
    fn the_last_word_on_progress_counts() {
        let journal = journal();
        assert_eq!(journal.under_way().progress, None);
        for fraction in [0.25, 0.5] {
            journal.progress(Progress { fraction: Some(fraction), note: None });
        }
        let half = Progress { fraction: Some(0.5), note: None };
        assert_eq!(journal.tail(LinePlace { lease: 3, line: 0 }, 9).progress, Some((2, half)));
    }
}
