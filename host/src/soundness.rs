//! Whether a configuration is sound, in the words of the JSON contract, for the API and the
//! verbs alike.

use std::sync::Arc;

use horarium_core::task::TaskSpec;
use horarium_sandbox::Library;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::{Config, Problem, ProblemView, load, load::ConfigError},
    plugins::{self, Binding},
    serve::Changes,
};

/// What there is to say of a configuration, with the plugins that there are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Soundness {
    /// How many of its tasks can run.
    pub(crate) tasks: usize,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    /// What is wrong with it.
    pub(crate) problems: Vec<ProblemView>,
    /// What makes sense, and is hardly what somebody means. Only where nothing is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) doubts: Vec<ProblemView>,
    /// Plugins that can't be used as they are now.
    pub(crate) refused: Vec<RefusedPlugin>,
    /// What would change if the host read it now; none where it would go on with what it
    /// has, or where no host was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reload: Option<Changes>,
}

/// A plugin that can't be used.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RefusedPlugin {
    pub(crate) plugin: String,
    /// Why.
    pub(crate) error: String,
}

impl Soundness {
    /// Of a configuration with which this much is wrong by itself.
    pub(crate) fn of(config: &Config, problems: Vec<Problem>, library: &Library) -> Self {
        Self::joined(config, problems, library).0
    }

    /// Of a text as if it stood in the file of a configuration that a host serves.
    ///
    /// # Errors
    /// Where that file has no place any more.
    pub(crate) fn in_place_of(
        running: &Config,
        library: &Library,
        text: &str,
    ) -> Result<Self, ConfigError> {
        let (mut config, mut problems) = load::examine_text(running.file(), text)?;
        if problems.is_empty() {
            problems = config.trespasses_on(running);
        }
        let is_taken = problems.is_empty();
        let restart = config.settle(running);
        let (mut soundness, mut specs) = Self::joined(&config, problems, library);
        if is_taken {
            let old = plugins::bind_all(running, library).specs;
            soundness.reload = Some(Changes { restart, ..Changes::between(&old, &mut specs) });
        }
        Ok(soundness)
    }

    fn joined(
        config: &Config,
        mut problems: Vec<Problem>,
        library: &Library,
    ) -> (Self, Vec<Arc<TaskSpec>>) {
        let Binding { specs, problems: found, .. } = plugins::bind_all(config, library);
        problems.extend(found);
        let files = library.list();
        let plugins = files.len();
        let refused = files.into_iter().filter_map(|file| {
            file.problem.map(|error| RefusedPlugin { plugin: file.name, error })
        });
        let doubts = match problems.is_empty() {
            true => config.doubts().views(),
            false => Vec::new(),
        };
        let soundness = Self {
            tasks: specs.len(),
            plugins,
            doubts,
            problems: config.problems(problems).views(),
            refused: refused.collect(),
            reload: None,
        };
        (soundness, specs)
    }

    /// Whether there is nothing to mend.
    pub(crate) fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.refused.is_empty()
    }
}
