//! Real guests in the sandbox.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod clocks;
mod commands;
mod components;
mod endings;
mod exports;
mod files;
mod http;
mod library;
mod network;
mod preview1;
mod resources;
mod secrets;
mod stops;
mod support;
mod unmetered;
mod warm;
