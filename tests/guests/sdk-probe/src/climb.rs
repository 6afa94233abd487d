//! Attempts that hand on how far they came, and decide what follows.

use std::{fs, thread, time::Duration};

use horarium_sdk::{
    log,
    prelude::*,
    restart::{Failed, How, Restart},
};

/// How to get to the top.
#[args]
struct Climb {
    /// How high that is.
    to: u32,
    /// Steps that an attempt makes.
    steps: u32,
    /// What it does short of the top.
    #[serde(default)]
    short: Short,
    /// A file to wait for when its steps are made.
    #[serde(default)]
    gate: Option<String>,
}

/// What an attempt does short of the top.
#[args]
#[derive(Default)]
enum Short {
    #[default]
    Fail,
    /// Fails with a word for whoever decides.
    Say(String),
    Panic,
    Spin,
    Sleep,
    GiveUp,
}

/// How the top was reached.
#[output]
#[derive(Debug, PartialEq)]
struct Top {
    /// Where the last attempt began.
    from: u32,
    /// Which one that was.
    attempt: u32,
}

fn up(context: &Context, climb: Climb) -> Result<Top> {
    let Climb { to, steps, short, gate } = climb;
    let from: u32 = context.last_checkpoint()?.unwrap_or_default();
    let height = to.min(from + steps);
    for step in from..height {
        context.checkpoint(&(step + 1))?;
    }
    if let Some(gate) = &gate {
        log::info!("at {height}");
        while !fs::exists(gate)? {
            thread::sleep(Duration::from_millis(1));
        }
    }
    if height == to {
        return Ok(Top { from, attempt: context.attempt() });
    }
    match short {
        Short::Fail => bail!("short of the top"),
        Short::Say(word) => bail!("{word}"),
        Short::Panic => panic!("fell"),
        Short::Spin => loop {
            std::hint::black_box(height);
        },
        Short::Sleep => loop {
            thread::sleep(Duration::from_secs(3600));
        },
        Short::GiveUp => Err(TaskError::permanent("too high").into()),
    }
}

/// Makes some steps an attempt, and fails short of the top.
#[task(manual)]
fn climb(context: &Context, climb: Climb) -> Result<Top> {
    up(context, climb)
}

/// The same, deciding itself whether to go on.
#[task(manual, on_failure = decide)]
fn climb_on(context: &Context, climb: Climb) -> Result<Top> {
    up(context, climb)
}

fn decide(failed: &Failed) -> Restart {
    log::info!("{:?} of attempt {}", failed.how(), failed.context().attempt());
    match failed.message() {
        "at once" => Restart::After(Duration::ZERO),
        "hopeless" => Restart::Never,
        "spin" => loop {
            std::hint::black_box(failed);
        },
        "panic" => panic!("undecided"),
        "write" => {
            let refused = failed.context().checkpoint(&0).expect_err("it is over");
            log::info!("{refused}");
            failed.context().state().set("decided", &true).expect("it is short");
            Restart::Never
        }
        _ if failed.how() == How::Failed => Restart::ByPolicy,
        // Whatever stopped it: only one that has come somewhere goes on.
        _ => match failed.context().last_checkpoint::<u32>() {
            Ok(Some(height)) if height > 0 => Restart::After(Duration::ZERO),
            _ => Restart::Never,
        },
    }
}

/// What to save.
#[args]
struct Stash {
    bytes: usize,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

/// Saves a checkpoint of many bytes, or the environment's word, and fails.
#[task(manual)]
fn stash(context: &Context, stash: Stash) -> Result<()> {
    let word = std::env::var("WORD").unwrap_or_default();
    let value = word + &"x".repeat(stash.bytes);
    for _ in 0..stash.times {
        context.checkpoint(&value)?;
    }
    bail!("saved")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_goes_on_where_another_one_has_stopped() {
        let climb = |steps| Climb { to: 10, steps, short: Short::Fail, gate: None };
        let context = Context::for_test("climb").attempt(2).left(&4).build();
        assert!(up(&context, climb(3)).is_err());
        assert_eq!(up(&context, climb(3)).unwrap(), Top { from: 7, attempt: 2 });
    }

    #[test]
    fn who_came_nowhere_gives_up() {
        let context = Context::for_test("climb_on").build();
        let failed = Failed::for_test(context, How::OutOfFuel, "used up its fuel");
        assert_eq!(decide(&failed), Restart::Never);
    }
}
