//! Plugins, and single attempts inside their limits, on wasmtime.
//!
//! [`Library`] watches a plugin directory and keeps the last good version of
//! each plugin; [`Sandbox`] loads plugins and runs attempts. Whatever a guest can
//! do stands below `capability/`, one capability a file.
//!
//! A guest is hostile until proven otherwise: what it computes is charged to its
//! fuel and its time, what it holds to its memory, and what it makes the host
//! keep is bounded.

mod attempt;
mod backtrace;
mod bindings;
mod cache;
mod capability;
mod capture;
mod describe;
mod end;
mod engine;
mod error;
mod executor;
mod json;
mod library;
mod load;
mod memory;
mod pace;
mod plugin;
mod room;
mod sandbox;
mod state;

pub use self::{
    cache::Cache,
    engine::SandboxConfig,
    error::{CacheError, EngineError, LoadError},
    executor::LibraryExecutor,
    library::{Library, LibraryEvent, Listing},
    plugin::Plugin,
    sandbox::Sandbox,
};
