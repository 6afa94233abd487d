//! What there is to see, and which part of it somebody looks at.

use std::{collections::BTreeMap, time::Duration};

use horarium_core::text::shown;
use jiff::Timestamp;
use serde_json::Value;

/// The longest text of anybody's that is shown, in bytes.
const LONGEST: usize = 1_000;

/// What a host answered, as it did.
#[derive(Clone, Copy)]
pub(super) struct Answers<'a> {
    pub(super) host: &'a Value,
    pub(super) numbers: &'a Value,
    pub(super) failed: &'a Value,
    pub(super) open: &'a Value,
    pub(super) due: &'a Value,
    pub(super) paused: &'a Value,
}

/// What a host answered.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) version: String,
    pub(super) tasks: u64,
    pub(super) paused: bool,
    pub(super) capacity: u64,
    pub(super) running: u64,
    /// What waits, by what for.
    pub(super) queue: [(&'static str, u64); 4],
    pub(super) longest_wait: Option<Duration>,
    pub(super) under_way: Vec<UnderWay>,
    pub(super) failed: Vec<Failed>,
    pub(super) due: Vec<Due>,
    /// Tasks that are put aside, and the word for why.
    pub(super) put_aside: BTreeMap<String, String>,
    /// What people were told of and is still so: a task and the word for it.
    pub(super) open: Vec<(String, String)>,
    /// Why this is not how it stands now.
    pub(super) trouble: Option<String>,
}

/// An attempt that runs.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) run: i64,
    pub(super) task: String,
    pub(super) attempt: u64,
    pub(super) since: Option<Timestamp>,
    pub(super) fraction: Option<f64>,
    pub(super) note: String,
}

/// A run that did not do what it was to do.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) run: i64,
    pub(super) task: String,
    pub(super) state: String,
    pub(super) at: Option<Timestamp>,
    pub(super) error: String,
}

/// A task that is due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) at: Option<Timestamp>,
    pub(super) task: String,
}

impl View {
    pub(super) fn of(answers: &Answers<'_>) -> Self {
        let Answers { host, numbers, failed, open, due, paused } = *answers;
        // What each of them waits for.
        let queue = [
            ("ready", "for a slot"),
            ("later", "for their time"),
            ("held", "for earlier runs"),
            ("parked", "for paused or absent tasks"),
        ];
        let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let wait = numbers["longest_wait_s"].as_f64();
        Self {
            version: text(&host["version"]),
            tasks: number(&host["tasks"]),
            paused: host["paused_at"].is_string(),
            capacity: number(&numbers["capacity"]),
            running: number(&numbers["running"]),
            queue: queue.map(|(key, reason)| (reason, number(&numbers["queue"][key]))),
            longest_wait: wait.and_then(|wait| Duration::try_from_secs_f64(wait).ok()),
            under_way: all(&numbers["under_way"]).iter().map(UnderWay::of).collect(),
            failed: all(&failed["items"]).iter().map(Failed::of).collect(),
            due: all(due).iter().map(Due::of).collect(),
            put_aside: all(&paused["items"])
                .iter()
                .map(|task| (text(&task["history"]["task"]), text(&task["history"]["pause"])))
                .collect(),
            open: all(&open["items"])
                .iter()
                .map(|alert| (text(&alert["task"]), text(&alert["condition"])))
                .collect(),
            trouble: None,
        }
    }

    /// How many rows each list has, in their order.
    fn rows(&self) -> [usize; 3] {
        [self.under_way.len(), self.failed.len(), self.due.len()]
    }
}

impl UnderWay {
    fn of(value: &Value) -> Self {
        Self {
            run: value["run"].as_i64().unwrap_or_default(),
            task: text(&value["task"]),
            attempt: number(&value["attempt"]),
            since: instant(&value["since"]),
            fraction: value["fraction"].as_f64(),
            note: text(&value["note"]),
        }
    }
}

impl Failed {
    fn of(value: &Value) -> Self {
        let error = if value["error"].is_string() { &value["error"] } else { &value["reason"] };
        Self {
            run: value["run"].as_i64().unwrap_or_default(),
            task: text(&value["task"]),
            state: text(&value["state"]),
            at: instant(&value["ended_at"]),
            error: text(error),
        }
    }
}

impl Due {
    fn of(value: &Value) -> Self {
        Self { at: instant(&value["at"]), task: text(&value["task"]) }
    }
}

fn text(value: &Value) -> String {
    shown(value.as_str().unwrap_or_default(), LONGEST)
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// Which list and which of its rows somebody looks at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) list: usize,
    pub(super) rows: [usize; 3],
    most: [usize; 3],
}

impl Screen {
    /// Takes over how many rows there are.
    pub(super) fn fit(&mut self, view: &View) {
        self.most = view.rows();
        for (row, most) in self.rows.iter_mut().zip(self.most) {
            *row = (*row).min(most.saturating_sub(1));
        }
    }

    /// The run that is selected, where one is.
    pub(super) fn run(&self, view: &View) -> Option<i64> {
        let row = self.rows[self.list];
        match self.list {
            0 => view.under_way.get(row).map(|it| it.run),
            1 => view.failed.get(row).map(|it| it.run),
            _ => None,
        }
    }

    /// To another row.
    pub(super) fn step(&mut self, by: i32) {
        let (row, most) = (&mut self.rows[self.list], self.most[self.list]);
        *row = row.saturating_add_signed(isize::try_from(by).unwrap_or_default());
        *row = (*row).min(most.saturating_sub(1));
    }

    /// To another list.
    pub(super) fn turn(&mut self, by: i32) {
        let lists = i32::try_from(self.rows.len()).unwrap_or(1);
        let list = i32::try_from(self.list).unwrap_or_default();
        self.list = usize::try_from((list + by).rem_euclid(lists)).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What a host answers that tells nothing but this.
    fn told<'a>(host: &'a Value, numbers: &'a Value, due: &'a Value) -> Answers<'a> {
        const NOTHING: &Value = &Value::Null;
        Answers { host, numbers, failed: NOTHING, open: NOTHING, due, paused: NOTHING }
    }

    #[test]
    fn whoever_selects_stays_among_what_there_is() {
        let rows = |count: usize| json!(vec![json!({ "task": "a" }); count]);
        let (numbers, due) = (json!({ "under_way": rows(2) }), rows(1));
        let view = View::of(&told(&Value::Null, &numbers, &due));
        let mut screen = Screen::default();
        screen.fit(&view);
        screen.step(-1);
        assert_eq!(screen.rows[0], 0);
        screen.step(9);
        assert_eq!(screen.rows[0], 1);
        screen.turn(-1);
        screen.step(9);
        assert_eq!((screen.list, screen.rows[2]), (2, 0));
        screen.turn(1);
        assert_eq!(screen.list, 0);
        // One of the two is over.
        screen.fit(&View::default());
        assert_eq!(screen.rows, [0, 0, 0]);
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        let numbers = json!({ "queue": [], "longest_wait_s": -1 });
        let (host, due) = (json!(7), json!("x"));
        let view = View::of(&told(&host, &numbers, &due));
        assert_eq!((view.tasks, view.longest_wait, view.rows()), (0, None, [0, 0, 0]));
    }
}
