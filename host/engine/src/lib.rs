//! The moving parts of Horarium, over core's seams.
//!
//! Three loops share one store: the scheduler turns time into waiting runs, the
//! runner turns waiting runs into attempts, the keeper renews the leases of
//! attempts and sweeps up those that nobody holds. None of them decides anything:
//! they ask core, do what it says, and write down what came of it.

mod attempt;
mod checkpoints;
mod clock;
mod control;
mod desk;
mod engine;
mod event;
mod fires;
mod journal;
mod keeper;
mod named;
mod notice;
mod pace;
mod patience;
mod pruner;
mod roster;
mod runner;
mod running;
mod scheduler;
mod shared;
mod timetable;
mod trouble;

pub use self::{
    clock::SystemClock,
    control::Control,
    desk::{Asked, Range, Ranged},
    engine::{Engine, EngineConfig},
    event::{Event, Events},
    journal::{Tail, UnderWay},
};
