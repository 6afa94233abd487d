//! A thousand seeds, and the proof that they can find something.

use std::thread;

use simulation::{Mutant, simulate};

/// How many seeds every run of the suite tries.
const SEEDS: u64 = 1_000;

#[test]
fn every_promise_is_kept() {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let tries: Vec<_> = (0..threads)
        .map(|first| {
            let seeds = (first as u64..SEEDS).step_by(threads);
            thread::spawn(move || {
                seeds.map(|seed| simulate(seed, Mutant::Sound)).find_map(Result::err)
            })
        })
        .collect();
    let broken: Vec<_> = tries.into_iter().filter_map(|tried| tried.join().unwrap()).collect();
    assert!(broken.is_empty(), "{}", broken[0]);
}

#[test]
fn a_seed_is_the_same_story_every_time() {
    for seed in 0..20 {
        assert_eq!(simulate(seed, Mutant::Sound), simulate(seed, Mutant::Sound));
    }
}

/// Faults that are put back, each with a seed that finds it, and what is said of it.
#[test]
fn faults_are_found() {
    for (mutant, seed, says) in [
        (Mutant::CursorApart, 3, "nothing between"),
        (Mutant::AnyLease, 31, "was ended by who had lost its lease"),
        (Mutant::Forgetful, 1, "is tried again"),
        (Mutant::Unsettled, 1183, "was begun twice"),
        (Mutant::Late, 3, "comes from nowhere"),
        (Mutant::AnySaver, 464, "whoever saves for"),
    ] {
        let broken = simulate(seed, mutant).expect_err("it is there");
        assert!(broken.what.contains(says), "{mutant:?}: {broken}");
        assert_eq!(simulate(seed, mutant), Err(broken), "and found again");
        assert!(simulate(seed, Mutant::Sound).is_ok(), "without it there is nothing to find");
    }
}
