//! Task functions as their plugins describe them.

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// A task function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskFunction {
    /// Its whole name.
    pub name: String,
    /// A shorter name that means it as well: an exported function's without the
    /// version of its interface. None where two functions would share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// What it is to its plugin.
    #[serde(default)]
    pub kind: FunctionKind,
    /// One sentence for people; an exported function's is its signature.
    pub summary: String,
    /// JSON Schema of the arguments; none where the function takes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub args_schema: Option<Json>,
    /// What the author suggests, in the shape of a task's configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defaults: Option<serde_json::Value>,
    /// Whether its plugin decides what follows a failed attempt (`on-failure`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decides: bool,
}

/// What a task function is to its plugin, and so how it is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FunctionKind {
    /// One that the plugin describes itself, through `horarium:task/guest`.
    #[default]
    Task,
    /// The program as a whole, with arguments, environment and exit code.
    Command,
    /// An exported function, called by its WIT signature.
    Export,
}

impl FunctionKind {
    /// The word for it in listings and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Command => "command",
            Self::Export => "export",
        }
    }
}

impl TaskFunction {
    /// Whether a configuration that says `name` means this function.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias.as_deref() == Some(name)
    }

    /// The shortest name that means it.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}
