//! The host as a whole, seen from outside: its command line, its JSON, its exit
//! codes, its files. Nothing of the host is linked here.

pub mod asking;
pub mod bomb;
pub mod built;
pub mod clock;
pub mod dice;
pub mod history;
pub mod hostile;
pub mod inbox;
pub mod kill9;
pub mod ran;
pub mod serving;
pub mod tmpfs;
pub mod volume;
pub mod web;
pub mod workspace;

pub use self::{
    clock::Clock, ran::Ran, serving::Serving, tmpfs::Tmpfs, volume::Volume, web::Web,
    workspace::Workspace,
};

use std::time::Duration;

/// How long anything is waited for. It guards against hanging only: no test takes
/// this long, on whatever machine.
pub const DEADLINE: Duration = Duration::from_secs(90);
