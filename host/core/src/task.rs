//! A task: everything that is known about it before it is due.

use std::sync::Arc;

use crate::{
    grants::Grants,
    instance::InstancePolicy,
    limits::Limits,
    name::{PluginName, TaskName},
    rules::Rules,
    schedule::Schedule,
};

/// A task whose configuration was checked and whose every wish was resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSpec {
    /// Its name.
    pub name: TaskName,
    /// The plugin that holds its function.
    pub plugin: PluginName,
    /// The function's name in the plugin.
    pub function: Arc<str>,
    /// The arguments, JSON.
    pub args: Arc<str>,
    /// When it is due.
    pub schedule: Schedule,
    /// How its fires become runs, and how these go on.
    pub rules: Rules,
    /// What each attempt may use.
    pub limits: Limits,
    /// Whether attempts share an instance.
    pub instance: InstancePolicy,
    /// What each attempt may touch.
    pub grants: Arc<Grants>,
}

// There may be a million of them: with the two counters of an `Arc` one of them still fits
// into the 640 bytes that an allocator has for it, and does not take the next step of 768.
const _: () = assert!(size_of::<TaskSpec>() <= 640 - 2 * size_of::<usize>());
