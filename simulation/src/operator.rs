//! Somebody who asks for things.

use std::time::Duration;

use horarium_core::{Clock, effects::When, name::TaskName, store::Scope, task::TaskSpec, time};
use horarium_engine::{Asked, Control, Range};
use jiff::SignedDuration;
use tokio::time::{sleep, timeout};

use crate::{
    clock::SimulatedClock,
    tasks,
    world::{Life, World},
};

/// How long the operator waits for an answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// The tasks that a host is given: sometimes one is missing. Not the one that follows
/// others, since what it does not follow then is nowhere to be found.
pub(crate) fn choose(world: &World, names: &[&str]) -> Vec<TaskSpec> {
    let missing = world.happens(300).then(|| world.one_of(names.len()));
    let chosen =
        names.iter().enumerate().filter(|(index, name)| Some(*index) != missing || **name == "sum");
    chosen.map(|(_, name)| tasks::spec(name)).collect()
}

/// Asks for something, whatever comes of it.
pub(crate) async fn ask(
    world: &World,
    names: &[&str],
    control: &Control,
    clock: &SimulatedClock,
    life: &Life,
) {
    let name = names[world.one_of(names.len())];
    let task: TaskName = tasks::spec(name).name;
    let asking = async {
        match world.below(20) {
            0..6 => {
                let when = match world.below(3) {
                    0 => When::After(world.up_to(30)),
                    _ => When::Now,
                };
                let key = world.happens(500).then(|| world.below(6).to_string());
                let task = if world.happens(600) { tasks::spec("asked").name } else { task };
                drop(control.trigger(Asked { when, key, ..Asked::now(task) }).await);
            }
            6..9 => {
                let run = world.ledger().any_run(world.one_of(1_000));
                if let Some(run) = run {
                    drop(control.cancel(run).await);
                }
            }
            9 => drop(control.pause(Scope::Task(task)).await),
            10..12 => drop(control.resume(Scope::Task(task)).await),
            12 => drop(control.pause(Scope::All).await),
            13..15 => drop(control.resume(Scope::All).await),
            15 => control.set_tasks(choose(world, names)).await,
            16 => {
                let now = clock.now();
                let from = time::sub(now, world.up_to(300));
                drop(control.backfill(Range { task, from, to: now }).await);
            }
            17 => {
                let length = SignedDuration::try_from(world.up_to(600)).unwrap_or_default();
                clock.set_by(if world.happens(500) { length } else { -length });
            }
            18 => {
                life.set_hung(true);
                sleep(world.up_to(80)).await;
                life.set_hung(false);
            }
            _ => {}
        }
    };
    // Who hangs may do so for longer.
    let _ = timeout(PATIENCE, asking).await;
    life.set_hung(false);
}
