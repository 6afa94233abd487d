//! Who is served beside an attack, and how long it waits.

use crate::history::History;

/// Its task's name, and its table.
pub(super) const NAME: &str = "neighbour";
pub(super) const TASK: &str = r#"
[task.neighbour]
plugin = "noop"
function = "noop"
schedule = { every = "20ms" }
timeout = "60s"
fuel = 1_000_000_000
"#;

/// The time between two of its instants, in microseconds.
const PACE: i64 = 20_000;

/// How long it waited for each instant between these two, in microseconds, both
/// ends told the same way: from the instant to the recorded end of the first run
/// that began to be due at it or later. So an instant that was passed over because
/// the run before it was late waited as well.
pub(super) fn waits(history: &History, from: i64, to: i64) -> Vec<i64> {
    let mut served: Vec<_> = history
        .of(NAME)
        .filter(|run| run.state == "succeeded")
        .filter_map(|run| Some((run.scheduled_for, run.ended_at?)))
        .collect();
    served.sort_unstable();
    let first = from.div_euclid(PACE) + 1;
    (first..=to.div_euclid(PACE))
        .map(|n| n * PACE)
        .filter_map(|instant| {
            let place = served.partition_point(|(due, _)| *due < instant);
            served.get(place).map(|(_, end)| end - instant)
        })
        .collect()
}

/// The wait that 99 of 100 do not exceed.
pub(super) fn p99(mut waits: Vec<i64>) -> Option<i64> {
    waits.sort_unstable();
    let place = (waits.len() * 99 / 100).min(waits.len().checked_sub(1)?);
    waits.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Run;

    fn run(scheduled_for: i64, ended_at: i64) -> Run {
        Run {
            id: 0,
            task: NAME.to_owned(),
            trigger: "schedule".to_owned(),
            scheduled_for,
            state: "succeeded".to_owned(),
            created_at: scheduled_for,
            started_at: Some(scheduled_for),
            ended_at: Some(ended_at),
            attempt: 1,
            lease: 1,
            parent: None,
            output: None,
        }
    }

    #[test]
    fn who_was_passed_over_has_waited() {
        let runs = vec![run(20_000, 21_000), run(40_000, 95_000), run(100_000, 101_000)];
        let history = History {
            runs,
            attempts: Vec::new(),
            tasks: Vec::new(),
            kept: Vec::new(),
            checkpoints: Vec::new(),
        };
        let waits = waits(&history, 0, 100_000);
        assert_eq!(waits, [1_000, 55_000, 41_000, 21_000, 1_000]);
        assert_eq!(p99(waits), Some(55_000));
        assert_eq!(p99(Vec::new()), None);
    }
}
