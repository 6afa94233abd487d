//! Real guests in the sandbox.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod commands;
mod components;
mod endings;
mod exports;
mod http;
mod library;
mod preview1;
mod resources;
mod stops;
mod support;
