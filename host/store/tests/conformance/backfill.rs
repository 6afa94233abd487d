//! Instants that passed without a run.

use horarium_core::{
    Store,
    overlap::Overlap,
    run::Trigger,
    store::{Backfill, Backfilled, NewFire, Pause, Refusal, Scope},
};

use crate::{
    given::{at, claim, end, name, run, running, runs, success, tasks},
    scene::{fire_by, task_with},
};

fn backfill(task: &str, seconds: &[i64]) -> Backfill {
    let fire = |second| NewFire { due_at: at(99), ..NewFire::at(at(second)) };
    Backfill {
        task: name(task),
        fires: seconds.iter().copied().map(fire).collect(),
        overlap: Overlap::Skip,
    }
}

/// How many runs are new, and how many instants had one.
async fn made<S: Store>(store: &S, wanted: Backfill) -> (usize, u64) {
    match store.backfill(wanted, at(99)).await.unwrap() {
        Backfilled::Made { runs, known } => (runs.len(), known),
        Backfilled::Refused(refusal) => panic!("{refusal}"),
    }
}

pub(crate) async fn instants_that_had_no_run_get_one<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    let lease = running(store, "a", 10).await.lease;
    let skipped = fire_by(store, "a", Overlap::Skip, &[20]).await.remove(0).run;
    store.finish(end(lease, 25, success())).await.unwrap();
    assert_eq!(made(store, backfill("a", &[5, 10, 20, 30])).await, (2, 1), "30 is its schedule's");
    assert_eq!(made(store, backfill("a", &[5, 10, 20, 30])).await, (0, 3), "nothing is doubled");
    let all = runs(store).await;
    let filled: Vec<_> = all.iter().filter(|run| run.trigger == Trigger::Backfill).collect();
    assert_eq!(filled.len(), 2);
    assert_eq!((filled[1].scheduled_for, filled[0].scheduled_for), (at(5), at(20)));
    assert_ne!(filled[0].run, skipped, "what was skipped stays so");
}

pub(crate) async fn no_more_go_on_at_once_than_may<S: Store>(store: &S) {
    task_with(store, "a", Overlap::Skip).await;
    assert_eq!(made(store, backfill("a", &[-30, -20, -10])).await, (3, 0));
    for second in [-30, -20, -10] {
        let claimed = claim(store, 9, 99).await;
        let [only] = claimed.as_slice() else { panic!("{claimed:?}") };
        assert_eq!(run(store, only.lease.run).await.scheduled_for, at(second));
        store.finish(end(only.lease, 99, success())).await.unwrap();
    }
}

pub(crate) async fn nothing_is_made_up_for_a_task_that_is_paused<S: Store>(store: &S) {
    tasks(store, &["a"]).await;
    store.pause(Scope::Task(name("a")), at(1)).await.unwrap();
    for (task, refusal) in [("a", Refusal::Paused(Pause::Paused)), ("b", Refusal::Unknown)] {
        let answer = store.backfill(backfill(task, &[10]), at(99)).await.unwrap();
        assert_eq!(answer, Backfilled::Refused(refusal));
    }
    assert_eq!(runs(store).await, []);
}
