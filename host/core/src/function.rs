//! Task functions as their plugins describe them.

use serde::{Deserialize, Serialize};

/// A task function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFunction {
    /// The name that configurations use.
    pub name: String,
    /// One sentence for people.
    pub summary: String,
    /// JSON Schema of the arguments; none where the function takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args_schema: Option<serde_json::Value>,
    /// What the author suggests, in the shape of a task's configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defaults: Option<serde_json::Value>,
}
