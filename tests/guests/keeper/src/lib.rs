//! A plugin that counts the runs that its instance has served.

#![forbid(unsafe_code)]

use std::{
    cell::{Cell, RefCell},
    fs,
    hint::black_box,
};

use horarium_sdk::prelude::*;

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// What a run does beside being counted.
#[args]
struct Then {
    /// How it ends where it is the second one of its instance, or a later one.
    #[serde(default)]
    end: End,
    /// Bytes that it keeps in memory.
    #[serde(default)]
    keep: usize,
    /// Bytes that it writes to a file.
    #[serde(default)]
    write: usize,
}

/// How a run ends.
#[args]
#[derive(Default)]
enum End {
    #[default]
    Success,
    Failure,
    Panic,
    Exit,
    Never,
}

/// Counts the runs of its instance.
#[task]
fn count(then: Then) -> Result<u32, TaskError> {
    let runs = RUNS.get() + 1;
    RUNS.set(runs);
    println!("run {runs}");
    // A line that nobody ends.
    print!("end of {runs}");
    let kept = black_box(vec![1; then.keep]);
    KEPT.with_borrow_mut(|all| all.push(kept));
    if then.write > 0 {
        fs::write("/dir/file", vec![0; then.write]).map_err(TaskError::permanent)?;
    }
    match then.end {
        _ if runs == 1 => Ok(runs),
        End::Success => Ok(runs),
        End::Failure => Err(TaskError::retry("as it was told")),
        End::Panic => panic!("as it was told"),
        End::Exit => std::process::exit(0),
        End::Never => loop {
            black_box(runs);
        },
    }
}
