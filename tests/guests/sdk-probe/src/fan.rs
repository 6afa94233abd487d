//! Starting runs of other tasks.

use std::{fs, thread, time::Duration};

use horarium_sdk::{log, prelude::*, serde_json};

/// What to start.
#[args]
struct Fan {
    /// Runs of this task.
    task: String,
    /// How many.
    #[serde(default = "one")]
    runs: u32,
    /// A key for each of them, the same for all.
    #[serde(default)]
    key: Option<String>,
    /// Seconds until they begin.
    #[serde(default)]
    delay: u64,
    /// What to do then.
    #[serde(default)]
    then: Then,
    /// A file to wait for before it ends.
    #[serde(default)]
    gate: Option<String>,
}

fn one() -> u32 {
    1
}

/// What to do once they are started.
#[args]
#[derive(Default)]
enum Then {
    #[default]
    Succeed,
    Fail,
    Panic,
    /// Say how it was answered instead of failing.
    Tell,
}

/// What a started run is told.
#[args]
#[output]
struct Leaf {
    number: u32,
    /// Something to say, or nothing.
    #[serde(default)]
    word: String,
}

/// Starts runs of another task.
#[task(manual)]
fn fan(context: &Context, fan: Fan) -> Result<String> {
    let Fan { task, runs, key, delay, then, gate } = fan;
    for number in 0..runs {
        let word = std::env::var("WORD").unwrap_or_default();
        let mut run = context.starting(&task).args(&Leaf { number, word });
        if let Some(key) = &key {
            run = run.key(key);
        }
        if delay > 0 {
            run = run.after(Duration::from_secs(delay));
        }
        match run.start() {
            Err(refused) if matches!(then, Then::Tell) => {
                return Ok(format!("{number}: {refused}"));
            }
            started => started?,
        }
    }
    if let Some(gate) = &gate {
        log::info!("started");
        while !fs::exists(gate)? {
            thread::sleep(Duration::from_millis(1));
        }
    }
    match then {
        Then::Succeed | Then::Tell => Ok("all".to_owned()),
        Then::Fail => bail!("on purpose"),
        Then::Panic => panic!("on purpose"),
    }
}

/// What to start with each success.
#[args]
struct Counted {
    task: String,
}

/// Counts how many runs of it have succeeded, and starts a run of another task with each.
#[task(manual)]
fn count(context: &Context, counted: Counted) -> Result<u32> {
    let number = context.state().get::<u32>("n")?.unwrap_or_default() + 1;
    context.state().set("n", &number)?;
    context.start(&counted.task, &Leaf { number, word: String::new() })?;
    Ok(number)
}

/// Is started.
#[task(manual)]
fn leaf(context: &Context, leaf: Leaf) -> String {
    format!("{} {}", context.trigger(), leaf.number)
}

/// What others have returned.
#[args]
struct Gather {
    word: String,
    parts: serde_json::Value,
}

/// Says what it was handed.
#[task(manual)]
fn gather(context: &Context, gather: Gather) -> String {
    format!("{} {} {}", context.trigger(), gather.word, gather.parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_its_number() {
        let context = Context::for_test("fan").build();
        let (task, key, gate) = ("leaf".to_owned(), None, None);
        fan(&context, Fan { task, runs: 3, key, delay: 0, then: Then::Succeed, gate }).unwrap();
        let numbers = context.started().into_iter().map(|run| run.args.unwrap()["number"].clone());
        assert!(numbers.eq([0, 1, 2]));
    }
}
