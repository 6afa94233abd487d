//! A task: everything that is known about it before it is due.

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
    pub function: String,
    /// The arguments, JSON.
    pub args: String,
    /// When it is due.
    pub schedule: Schedule,
    /// How its fires become runs, and how these go on.
    pub rules: Rules,
    /// What each attempt may use.
    pub limits: Limits,
    /// Whether attempts share an instance.
    pub instance: InstancePolicy,
    /// What each attempt may touch.
    pub grants: Grants,
}
