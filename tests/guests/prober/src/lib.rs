//! A plugin that tries everything that grants could give it, for the tests of the
//! host. Its functions return what came of it.

#![forbid(unsafe_code)]

mod clocks;
mod files;
mod network;
mod secrets;
mod tried;
