//! Histories that are not as they should be: the audit notices.

use super::{
    audit::audit,
    plan,
    witness::{Ended, Started, Witness},
};
use crate::history::{Attempt, History, Run};

const SECOND: i64 = 1_000_000;

fn run(id: i64, task: &str, trigger: &str, scheduled_for: i64, state: &str) -> Run {
    let over = state != "scheduled";
    Run {
        id,
        task: task.to_owned(),
        trigger: trigger.to_owned(),
        scheduled_for,
        state: state.to_owned(),
        created_at: scheduled_for,
        started_at: over.then_some(scheduled_for),
        ended_at: over.then_some(scheduled_for),
        attempt: i64::from(over),
        lease: i64::from(over),
        parent: None,
        output: (task == plan::CLIMBING.0).then(|| r#"{"from":0}"#.to_owned()),
    }
}

fn attempt(run: &Run) -> Attempt {
    let lines = if run.task == plan::TALKING.0 { plan::TALKING.1 } else { 0 };
    let verdict = run.state.clone();
    Attempt { run: run.id, lease: 1, number: 1, verdict, error: None, wall_us: 0, lines }
}

/// Two seconds of a history as it should be, and what was told of it.
fn sound() -> (History, Witness) {
    let mut runs = vec![run(1, plan::ONCE, "once", SECOND, "succeeded")];
    let mut next = 2;
    let mut add = |task: &str, trigger: &str, at: i64, state: &str| {
        runs.push(run(next, task, trigger, at, state));
        next += 1;
    };
    for (task, pause) in plan::CONTINUOUS {
        add(task, "continuous", SECOND, "succeeded");
        add(task, "continuous", SECOND + pause, "scheduled");
    }
    for (task, _, offset) in plan::PACED {
        for second in [1, 2] {
            add(task, "schedule", second * SECOND + offset, plan::verdict(task));
        }
    }
    let counting = runs.iter().filter(|run| run.task == plan::COUNTING.0);
    let counting: Vec<i64> = counting.map(|run| run.id).collect();
    for parent in &counting {
        for (number, parent, task, trigger) in [
            (100 + parent, *parent, plan::STARTED, "start"),
            (200 + parent, 100 + parent, plan::FOLLOWING, "after"),
        ] {
            let run = run(number, task, trigger, SECOND + number, "succeeded");
            runs.push(Run { parent: Some(parent), ..run });
        }
    }
    let (task, key) = plan::COUNTING;
    let kept = vec![(task.to_owned(), key.to_owned(), counting.len().to_string())];
    for run in &mut runs {
        // A continuous run is recorded when the one before it ends.
        if run.state == "scheduled" {
            run.created_at = SECOND;
        }
        // The looks at the clock: what has an offset is found by the next one.
        if run.task == "shifted" {
            run.created_at = run.scheduled_for - 400_000 + SECOND;
            run.ended_at = Some(run.created_at);
        }
    }
    let tasks = plan::PACED.map(|(task, _, _)| (task.to_owned(), SECOND)).to_vec();
    // The last look is at two seconds: the instant at 2.4 s is still to come.
    runs.retain(|run| !(run.task == "shifted" && run.created_at > 2 * SECOND));
    let attempts: Vec<_> = runs.iter().filter(|run| run.is_over()).map(attempt).collect();
    let mut witness = Witness::default();
    for run in runs.iter().filter(|run| run.is_over()) {
        witness.started.push(Started { run: run.id, task: run.task.clone(), attempt: 1 });
        witness.ended.push(Ended {
            run: run.id,
            task: run.task.clone(),
            attempt: 1,
            verdict: run.state.clone(),
            over: true,
        });
    }
    (History { runs, attempts, tasks, kept, checkpoints: Vec::new() }, witness)
}

/// What is wrong with a history after this was done to it.
fn doctored(doctor: impl FnOnce(&mut History)) -> Vec<String> {
    let (mut history, witness) = sound();
    doctor(&mut history);
    audit(&history, &witness).1
}

fn of<'a>(history: &'a mut History, task: &str) -> &'a mut Run {
    history.runs.iter_mut().find(|run| run.task == task).expect("the history has all tasks")
}

#[test]
fn a_sound_history_is_sound() {
    assert_eq!(doctored(|_| {}), Vec::<String>::new());
}

#[track_caller]
fn noticed(complaint: &str, doctor: impl FnOnce(&mut History)) {
    let broken = doctored(doctor);
    assert!(broken.iter().any(|what| what.contains(complaint)), "{broken:#?}");
}

#[test]
fn whatever_is_missing_is_noticed() {
    noticed("told, and not in the history", |history| {
        history.runs.retain(|run| run.task != "quick");
    });
    noticed("told, and not in the history", |history| {
        history.attempts.remove(3);
    });
    noticed("has no run for 2000000", |history| {
        history.runs.retain(|run| run.task != "steady" || run.scheduled_for != 2 * SECOND);
    });
    noticed("lines of log", |history| {
        history.attempts.iter_mut().for_each(|attempt| attempt.lines = attempt.lines.min(49));
    });
    noticed("the chain of pump has ended", |history| {
        history.runs.retain(|run| run.task != "pump" || run.is_over());
    });
}

#[test]
fn whatever_is_too_much_is_noticed() {
    noticed("a second run of one fire", |history| {
        let again = Run { id: 1_000, ..of(history, "steady").clone() };
        history.runs.push(again);
    });
    noticed("instead of one run that succeeded", |history| {
        let again = Run { id: 1_000, scheduled_for: 7, ..of(history, plan::ONCE).clone() };
        history.runs.push(again);
    });
    noticed("are not 1 to its last", |history| {
        let again = Attempt { lease: 2, ..history.attempts[0].clone() };
        history.attempts.insert(1, again);
    });
    noticed("went on after its success", |history| {
        let again = Attempt { lease: 2, number: 2, ..history.attempts[0].clone() };
        history.attempts.insert(1, again);
    });
}

#[test]
fn whatever_is_different_is_noticed() {
    noticed("and in the history is", |history| {
        history.attempts[0].verdict = "lost".to_owned();
    });
    noticed("an end that its task can't have", |history| {
        of(history, "steady").state = "running".to_owned();
    });
    noticed("an end that its task can't have", |history| {
        of(history, "steady").state = "failed".to_owned();
    });
    noticed("the chain of pump is broken", |history| {
        let next = history.runs.iter_mut().find(|run| run.task == "pump" && !run.is_over());
        next.expect("it is there").created_at += 1;
    });
    noticed("not the latest instant", |history| {
        of(history, "steady").scheduled_for -= SECOND;
    });
}

#[test]
fn effects_without_their_success_are_noticed() {
    noticed("and counted 7", |history| history.kept[0].2 = "7".to_owned());
    noticed("and counted 0", |history| history.kept.clear());
    noticed("0 runs came from", |history| {
        history.runs.retain(|run| run.task != plan::FOLLOWING);
    });
    noticed("2 runs came from", |history| {
        let again = Run { id: 1_000, scheduled_for: 7, ..of(history, plan::STARTED).clone() };
        history.runs.push(again);
    });
    noticed("came from nothing that lets it come", |history| {
        of(history, plan::STARTED).parent = Some(1);
    });
    noticed("a checkpoint is left", |history| {
        let run = of(history, plan::CLIMBING.0).id;
        history.checkpoints.push(run);
    });
    noticed("a checkpoint was forgotten", |history| {
        let run = of(history, plan::CLIMBING.0).id;
        let before = history.attempts.iter().find(|attempt| attempt.run == run);
        let verdict = "failed".to_owned();
        let before = Attempt { lease: 0, number: 0, verdict, ..before.expect("it ran").clone() };
        history.attempts.insert(0, before);
    });
}
