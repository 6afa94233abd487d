//! A task: everything that is known about it before it is due.

use crate::{
    grants::Grants,
    instance::InstancePolicy,
    limits::Limits,
    misfire::Misfire,
    name::{PluginName, TaskName},
    overlap::Overlap,
    retry::RetryPolicy,
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
    /// What happens to a fire while earlier runs are not over.
    pub overlap: Overlap,
    /// What happens to fires that were missed.
    pub misfire: Misfire,
    /// How often it is tried.
    pub retry: RetryPolicy,
    /// What each attempt may use.
    pub limits: Limits,
    /// Whether attempts share an instance.
    pub instance: InstancePolicy,
    /// What each attempt may touch.
    pub grants: Grants,
}
