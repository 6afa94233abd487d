//! More words to set a scene with, about overlaps and wishes.

use horarium_core::{
    Store,
    overlap::Overlap,
    run::Trigger,
    schedule::Schedule,
    store::{NewFire, RecordedFire, Registration, Start, TaskFires},
};

use crate::given::{at, due, name};

/// Makes this the active task, with this overlap policy.
pub(crate) async fn task_with<S: Store>(store: &S, task: &str, overlap: Overlap) {
    let registration = Registration {
        task: name(task),
        schedule: Schedule::Manual,
        overlap,
        deadman: None,
        follower: None,
    };
    store.register(vec![registration], at(0)).await.unwrap();
}

/// Records fires of a task by this policy, at their very instants.
pub(crate) async fn fire_by<S: Store>(
    store: &S,
    task: &str,
    overlap: Overlap,
    seconds: &[i64],
) -> Vec<RecordedFire> {
    let mut recorded = Vec::new();
    for second in seconds {
        let fires = TaskFires { overlap, ..due(task, &[*second]) };
        recorded.extend(store.record_fires(vec![fires], at(*second)).await.unwrap());
    }
    recorded
}

/// What somebody asks for, to begin at this instant.
pub(crate) fn asked(task: &str, second: i64) -> Start {
    Start {
        task: name(task),
        trigger: Trigger::Manual,
        fire: NewFire::at(at(second)),
        overlap: Overlap::Skip,
        args: None,
        key: None,
        repeats: None,
    }
}
