//! What a task's rules make of an instant. Pure: it is told the time.

use horarium_core::{jitter, run::Fire, store::NewFire, task::TaskSpec, transition};
use jiff::Timestamp;

/// The fire of a nominal instant, recorded at `now`.
pub(crate) fn fire(spec: &TaskSpec, scheduled_for: Timestamp, now: Timestamp) -> NewFire {
    let due_at = jitter::due_at(&spec.schedule, spec.rules.jitter, &spec.name, scheduled_for);
    NewFire::due(&spec.rules, scheduled_for, due_at, now)
}

/// The fire of an instant that somebody chose, before or after others as they say.
pub(crate) fn asked(
    spec: &TaskSpec,
    priority: Option<i8>,
    scheduled_for: Timestamp,
    now: Timestamp,
) -> NewFire {
    let fire = NewFire::due(&spec.rules, scheduled_for, scheduled_for.max(now), now);
    NewFire { priority: priority.unwrap_or(fire.priority), ..fire }
}

/// The fire of an instant that has passed and is made up for: there is no hurry.
pub(crate) fn backfilled(spec: &TaskSpec, scheduled_for: Timestamp, now: Timestamp) -> NewFire {
    NewFire { due_at: now, priority: spec.rules.priority, ..NewFire::at(scheduled_for) }
}

/// The fire that follows once this one's run is over.
pub(crate) fn follow_up(spec: &TaskSpec, fire: &Fire, now: Timestamp) -> Option<NewFire> {
    let (next, due_at) = transition::follow_up(&spec.schedule, fire, now)?;
    Some(NewFire::due(&spec.rules, next, due_at, now))
}
