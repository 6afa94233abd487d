//! Real guests in the sandbox.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod clocks;
mod components;
mod endings;
mod files;
mod library;
mod network;
mod secrets;
mod stops;
mod support;
