//! Whoever heard all that the hosts told, and holds them to it.

use serde_json::Value;

/// What was told, in the order of telling.
#[derive(Debug, Default)]
pub(super) struct Witness {
    pub(super) started: Vec<Started>,
    pub(super) ended: Vec<Ended>,
    /// The numbers of the runs that were skipped, with their tasks.
    pub(super) skipped: Vec<(i64, String)>,
    heard: usize,
}

/// An attempt was said to begin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Started {
    pub(super) run: i64,
    pub(super) task: String,
    pub(super) attempt: i64,
}

/// An attempt was said to have ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) run: i64,
    pub(super) task: String,
    pub(super) attempt: i64,
    pub(super) verdict: String,
    pub(super) over: bool,
}

impl Witness {
    /// Hears what one host told.
    pub(super) fn hear(&mut self, told: &[Value]) {
        self.heard += told.len();
        for event in told {
            match event["event"].as_str() {
                Some("started") => self.started.push(Started {
                    run: number(event, "run"),
                    task: text(event, "task"),
                    attempt: number(event, "attempt"),
                }),
                Some("ended") => self.ended.push(Ended {
                    run: number(event, "run"),
                    task: text(event, "task"),
                    attempt: number(event, "attempt"),
                    verdict: text(event, "verdict"),
                    over: event["over"] == true,
                }),
                Some("skipped") => self.skipped.push((number(event, "run"), text(event, "task"))),
                _ => {}
            }
        }
    }

    /// How many events there were.
    pub(super) fn heard(&self) -> usize {
        self.heard
    }

    pub(super) fn saw_success_of(&self, task: &str) -> bool {
        self.ended.iter().any(|end| end.task == task && end.verdict == "succeeded")
    }
}

fn number(event: &Value, key: &str) -> i64 {
    event[key].as_i64().unwrap_or_else(|| panic!("no number {key} in {event}"))
}

fn text(event: &Value, key: &str) -> String {
    event[key].as_str().unwrap_or_else(|| panic!("no text {key} in {event}")).to_owned()
}
