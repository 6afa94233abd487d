//! What is kept from one run to the next.

use std::{fs, thread, time::Duration};

use horarium_sdk::{log, prelude::*};

/// How to count.
#[args]
struct Tally {
    /// What to do once it is counted.
    #[serde(default)]
    then: Then,
    /// A bucket that is shared, instead of the task's own.
    #[serde(default)]
    bucket: Option<String>,
    /// A file to wait for between reading and writing.
    #[serde(default)]
    gate: Option<String>,
}

/// What to do once it is counted.
#[args]
#[derive(Default)]
enum Then {
    #[default]
    Succeed,
    Fail,
    Panic,
    Spin,
}

/// Counts how many runs of it have succeeded.
#[task(manual)]
fn tally(context: &Context, tally: Tally) -> Result<u64> {
    let state = match &tally.bucket {
        Some(name) => context.bucket(name),
        None => context.state(),
    };
    let number = state.get::<u64>("n")?.unwrap_or_default() + 1;
    if let Some(gate) = &tally.gate {
        log::info!("read");
        while !fs::exists(gate)? {
            thread::sleep(Duration::from_millis(1));
        }
    }
    state.set("n", &number)?;
    ensure!(state.get("n")? == Some(number), "an attempt does not see what it has written");
    state.set(&format!("run/{number:03}"), context.run_id())?;
    match tally.then {
        Then::Succeed => Ok(number),
        Then::Fail => bail!("on purpose"),
        Then::Panic => panic!("on purpose"),
        Then::Spin => loop {
            std::hint::spin_loop();
        },
    }
}

/// Writes so many values of so many bytes, or says why it can't.
#[task(manual)]
fn hoard(context: &Context, hoard: Hoard) -> String {
    let state = context.state();
    let value = vec![0; hoard.bytes];
    let prefix = hoard.prefix + &"k".repeat(hoard.length);
    for number in 0..hoard.keys {
        if let Err(refused) = state.set_bytes(&format!("{prefix}{number}"), &value) {
            return format!("{number}: {refused}");
        }
    }
    "all".to_owned()
}

/// What to write.
#[args]
struct Hoard {
    keys: usize,
    bytes: usize,
    #[serde(default)]
    prefix: String,
    /// Bytes of each key, beside these.
    #[serde(default)]
    length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_on() {
        let context = Context::for_test("tally").build();
        let once = || tally(&context, Tally { then: Then::Succeed, bucket: None, gate: None });
        assert_eq!((once().unwrap(), once().unwrap()), (1, 2));
        let runs: Result<Vec<(String, String)>, _> = context.state().entries("run/").collect();
        assert_eq!(runs.unwrap().len(), 2);
    }
}
