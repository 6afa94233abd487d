//! Real guests in the sandbox.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod components;
mod endings;
mod library;
mod stops;
mod support;
mod unmetered;
