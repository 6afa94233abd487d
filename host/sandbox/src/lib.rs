//! Plugins, and single attempts inside their limits, on wasmtime.
//!
//! [`Library`] watches a plugin directory and keeps the last good version of
//! each plugin; [`Sandbox`] loads plugins and runs attempts. Whatever a guest can
//! do stands below `capability/`, one capability a file; how it is called, below
//! `entry/`.
//!
//! A guest is hostile until proven otherwise: what it computes is charged to its
//! fuel and its time, what it holds to its memory, and what it makes the host
//! keep is bounded.

mod adapt;
mod attempt;
mod backtrace;
mod bindings;
mod cache;
mod capability;
mod capture;
mod compile;
mod describe;
mod end;
mod engine;
mod entry;
mod error;
mod executor;
mod idle;
mod imports;
mod json;
mod library;
mod load;
mod loader;
mod machine;
mod memory;
mod open_files;
mod pace;
mod plugin;
mod restart;
mod room;
mod sandbox;
mod source;
mod state;

pub use self::{
    cache::Cache,
    capability::lookups::{Resolution, Resolver, Turn},
    compile::{ChildCompiler, Compilations, CompileLimits, Compiler, compile_for_parent},
    engine::SandboxConfig,
    entry::Uncallable,
    error::{CacheError, EngineError, LoadError},
    executor::LibraryExecutor,
    imports::Capability,
    library::{Library, LibraryEvent, Listing},
    load::LONGEST_PLUGIN,
    plugin::Plugin,
    room::Room,
    sandbox::Sandbox,
};
