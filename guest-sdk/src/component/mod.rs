//! The plugin's side of the contract in `wit/`: only in WebAssembly.

mod bindings;
pub(crate) mod checkpoint;
mod convert;
mod guest;
mod logger;
mod panics;
pub(crate) mod start;
pub(crate) mod state;

use bindings::horarium::task::progress;

pub(crate) fn report_progress(fraction: Option<f32>, note: Option<&str>) {
    progress::report(fraction, note);
}
