//! An attempt's log within its budget: the beginning as it comes, the end when
//! it is known to be the end, and a count of what lay between.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use horarium_core::{
    attempt::{Observer, Progress},
    log::{Level, LogLine, Source},
    time,
};
use jiff::Timestamp;

use horarium_core::text;

use crate::pace::Pace;

/// The longest line, in bytes; what is beyond is cut and counted.
pub(crate) const LINE: usize = 8 << 10;

/// Lines that one entry may have; what is beyond is counted.
const LINES: usize = 1_000;

/// What a line costs beyond its text: an endless stream of empty lines is a
/// stream, too.
const LINE_COST: u64 = 32;

pub(crate) struct Capture {
    observer: Arc<dyn Observer>,
    half: u64,
    head_used: u64,
    pace: Pace,
    /// Lines that are not passed on yet: too fast for the pace, or beyond the head.
    tail: VecDeque<LogLine>,
    tail_used: u64,
    dropped_lines: u64,
    dropped_bytes: u64,
}

/// What a guest, or a part of it, has to say.
pub(crate) struct Entry<'a> {
    pub(crate) level: Level,
    pub(crate) source: Source,
    pub(crate) target: &'a str,
    pub(crate) message: &'a str,
    pub(crate) place: Option<String>,
}

impl Capture {
    /// Keeps about `limit` bytes, half of them from the beginning, and passes on
    /// `rate` lines a second as they come.
    pub(crate) fn new(observer: Arc<dyn Observer>, limit: u64, rate: u64) -> Self {
        Self {
            observer,
            half: limit / 2,
            head_used: 0,
            pace: Pace::new(rate, Instant::now()),
            tail: VecDeque::new(),
            tail_used: 0,
            dropped_lines: 0,
            dropped_bytes: 0,
        }
    }

    /// Takes an entry; each line of its message becomes a line of the log.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        let at = now();
        let target = text::shown(entry.target, 256);
        let mut lines = entry.message.lines();
        for line in lines.by_ref().take(LINES) {
            self.push(LogLine {
                at,
                level: entry.level,
                source: entry.source,
                target: target.clone(),
                message: fit(line),
                place: entry.place.clone(),
            });
        }
        // One call must not cost the host as much as a million.
        let rest =
            lines.fold((0_u64, 0_usize), |(count, bytes), line| (count + 1, bytes + line.len()));
        self.dropped_lines += rest.0;
        self.dropped_bytes += u64::try_from(rest.1).unwrap_or(u64::MAX);
        if entry.message.is_empty() {
            self.push(LogLine {
                at,
                level: entry.level,
                source: entry.source,
                target,
                message: String::new(),
                place: entry.place.clone(),
            });
        }
    }

    pub(crate) fn progress(&self, progress: Progress) {
        self.observer.progress(progress);
    }

    /// Who listens.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        self.observer.clone()
    }

    /// Hands over what was kept for the end.
    pub(crate) fn finish(&mut self) {
        if self.dropped_lines > 0 {
            let message = format!(
                "{} lines ({} bytes) of the log were dropped here",
                self.dropped_lines, self.dropped_bytes
            );
            self.observer.log(LogLine::of_host(now(), Level::Warn, message));
        }
        for line in self.tail.drain(..) {
            self.observer.log(line);
        }
        self.tail_used = 0;
        self.dropped_lines = 0;
        self.dropped_bytes = 0;
    }

    fn push(&mut self, line: LogLine) {
        self.tail_used += cost(&line);
        self.tail.push_back(line);
        self.pass_on();
        while self.tail_used > self.half {
            let Some(oldest) = self.pop() else {
                break;
            };
            self.dropped_lines += 1;
            self.dropped_bytes += u64::try_from(oldest.message.len()).unwrap_or(u64::MAX);
        }
    }

    /// Hands over what belongs to the head and is not too fast. Once a line was
    /// dropped the head is over.
    fn pass_on(&mut self) {
        while self.dropped_lines == 0
            && let Some(cost) = self.tail.front().map(cost)
            && self.head_used + cost <= self.half
            && self.pace.take(Instant::now)
            && let Some(line) = self.pop()
        {
            self.head_used += cost;
            self.observer.log(line);
        }
    }

    fn pop(&mut self) -> Option<LogLine> {
        let line = self.tail.pop_front()?;
        self.tail_used -= cost(&line);
        Some(line)
    }
}

fn now() -> Timestamp {
    time::to_stored_precision(Timestamp::now())
}

fn cost(line: &LogLine) -> u64 {
    let text = line.message.len() + line.target.len() + line.place.as_ref().map_or(0, String::len);
    LINE_COST + u64::try_from(text).unwrap_or(u64::MAX)
}

fn fit(line: &str) -> String {
    let kept = text::beginning(line, LINE);
    let mut out = String::with_capacity(kept.len());
    text::escape_into(&mut out, kept);
    if kept.len() < line.len() {
        out.push_str(&format!(" … {} bytes more", line.len() - kept.len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Observer for Lines {
        fn log(&self, line: LogLine) {
            self.0.lock().unwrap().push(line.message);
        }

        fn progress(&self, _progress: Progress) {}
    }

    fn captured(limit: u64, messages: impl IntoIterator<Item = String>) -> Vec<String> {
        let lines = Arc::new(Lines::default());
        let mut capture = Capture::new(lines.clone(), limit, 1_000_000);
        for message in messages {
            capture.entry(&Entry {
                level: Level::Info,
                source: Source::Log,
                target: "",
                message: &message,
                place: None,
            });
        }
        capture.finish();
        let lines = lines.0.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_short_log_is_kept_whole() {
        let messages = (0..10).map(|n| n.to_string());
        assert_eq!(captured(10_000, messages.clone()), messages.collect::<Vec<_>>());
    }

    #[test]
    fn of_a_flood_head_and_tail_are_kept_and_the_rest_is_counted() {
        let lines = captured(4_000, (0..1_000_000).map(|n| format!("{n:07}")));
        assert_eq!(lines[0], "0000000");
        assert_eq!(lines.last().unwrap(), "0999999");
        let kept = lines.len() - 1;
        assert!(kept <= 4_000 / 39);
        let dropped = 1_000_000 - kept;
        assert!(lines.contains(&format!(
            "{dropped} lines ({} bytes) of the log were dropped here",
            dropped * 7
        )));
    }

    #[test]
    fn what_is_too_fast_comes_later_but_comes() {
        let lines = Arc::new(Lines::default());
        // A pace at which no second line can come within this test.
        let mut capture = Capture::new(lines.clone(), 10_000, 1);
        capture.pace = Pace::new(1, Instant::now() + std::time::Duration::from_secs(3600));
        for message in ["one", "two", "three"] {
            capture.entry(&Entry {
                level: Level::Info,
                source: Source::Log,
                target: "",
                message,
                place: None,
            });
        }
        assert_eq!(*lines.0.lock().unwrap(), ["one"]);
        capture.finish();
        assert_eq!(*lines.0.lock().unwrap(), ["one", "two", "three"]);
    }

    #[test]
    fn a_huge_line_is_cut_and_a_broken_one_is_split() {
        let lines = captured(100_000, ["x".repeat(1 << 20), "one\ntwo".to_owned(), String::new()]);
        assert_eq!(lines.len(), 4);
        assert!(lines[0].ends_with(&format!(" … {} bytes more", (1 << 20) - LINE)));
        assert_eq!(lines[1..], ["one", "two", ""]);
    }
}
