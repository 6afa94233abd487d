//! Attacks on a host that serves others: what each tries, how it must end, and a
//! way to measure that it does. The table in `SECURITY.md` is made of them, by
//! `cargo xtask security`.

mod attack;
pub mod attacks;
mod forgery;
mod frame;
mod ground;
mod neighbour;
mod server;
mod siege;

pub use self::{
    attack::{Attack, File, Make, Means, Task, Word},
    siege::{Measured, Report, lay},
};
