//! What can happen next in a story.

use horarium_core::run::Trigger;
use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

/// Tasks that a configuration may name.
pub(crate) const TASKS: [&str; 3] = ["a", "b", "c"];

/// A task that none names.
pub(crate) const STRANGER: &str = "stranger";

#[derive(Debug, Clone)]
pub(crate) enum Verb {
    /// These are the tasks now, each with one of a few schedules and overlap policies, and
    /// maybe a time within which it should succeed.
    Register(Vec<(&'static str, usize, usize, Option<u64>)>),
    /// A look at a task's schedule found these instants.
    Fire(&'static str, Trigger, Vec<i64>, Rules),
    /// Somebody wants a run, so much later, maybe by one of a few keys.
    Start(&'static str, i64, Option<usize>, Rules),
    /// Somebody wants this run to end, counted from the newest one.
    Cancel(usize),
    /// Nothing of a task is to start, or it may again.
    Pause(&'static str, bool),
    /// Somebody wants work, for so long.
    Claim(u32, i64),
    /// Holders of these leases, counted from the newest, want more time.
    Renew(Vec<usize>, i64),
    /// The holder of this lease logs a line.
    Log(usize),
    /// The holder of this lease is done.
    Finish(usize, How),
    /// The sweeper looks for leases that are over.
    Sweep,
    /// Time passes; a little may pass backwards.
    Wait(i64),
}

/// What a run comes with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) priority: i8,
    pub(crate) start_within: Option<i64>,
    pub(crate) end_within: Option<i64>,
    pub(crate) late_after: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    Succeed,
    /// And the next run begins so much later.
    SucceedAndContinue(i64),
    Fail,
    RetryIn(i64),
    Refund,
}

pub(crate) fn any() -> impl Strategy<Value = Verb> {
    let registered = subsequence(TASKS.to_vec(), 0..=3).prop_flat_map(|tasks| {
        let deadman = || prop::option::of(0..20u64);
        let task = |task| (Just(task), 0..4usize, 0..6usize, deadman());
        tasks.into_iter().map(task).collect::<Vec<_>>()
    });
    let task = || select(vec!["a", "b", "c", STRANGER]);
    // Mostly none: what expires has no further story.
    let length = || prop::option::weighted(0.1, 0..12i64);
    let rules = || {
        let late = prop::option::of(0..12i64);
        (-1..2i8, length(), length(), late).prop_map(
            |(priority, start_within, end_within, late_after)| Rules {
                priority,
                start_within,
                end_within,
                late_after,
            },
        )
    };
    let triggers = vec![Trigger::Schedule, Trigger::Schedule, Trigger::Continuous];
    let fired = (task(), select(triggers), vec(0..40i64, 0..3), rules());
    let asked = (task(), 0..5i64, prop::option::of(0..3usize), rules());
    // Of the newest eight leases; the older they are, the likelier they are lost.
    let lease = 0..8usize;
    // Runs that go on are those with something left to go wrong.
    let how = prop_oneof![
        1 => Just(How::Succeed),
        1 => (0..9i64).prop_map(How::SucceedAndContinue),
        1 => Just(How::Fail),
        4 => (0..4i64).prop_map(How::RetryIn),
        3 => Just(How::Refund),
    ];
    prop_oneof![
        1 => registered.prop_map(Verb::Register),
        5 => fired.prop_map(|(task, trigger, instants, rules)| {
            Verb::Fire(task, trigger, instants, rules)
        }),
        3 => asked.prop_map(|(task, later, key, rules)| Verb::Start(task, later, key, rules)),
        1 => (0..8usize).prop_map(Verb::Cancel),
        1 => (task(), prop::bool::ANY).prop_map(|(task, pause)| Verb::Pause(task, pause)),
        7 => (0..4u32, 1..20i64).prop_map(|(limit, lasting)| Verb::Claim(limit, lasting)),
        1 => (vec(lease.clone(), 0..4), 1..20i64).prop_map(|(leases, lasting)| Verb::Renew(leases, lasting)),
        1 => lease.clone().prop_map(Verb::Log),
        7 => (lease, how).prop_map(|(lease, how)| Verb::Finish(lease, how)),
        1 => Just(Verb::Sweep),
        3 => (-3..15i64).prop_map(Verb::Wait),
    ]
}
