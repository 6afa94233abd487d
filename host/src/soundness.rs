//! Whether a configuration is sound, in the words of the JSON contract, for the API and the
//! verbs alike.

use std::sync::Arc;

use horarium_core::task::TaskSpec;
use horarium_sandbox::Library;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::{Config, Problem, ProblemView, load, load::ConfigError},
    output::plural,
    plugins::{self, Binding},
    serve::Changes,
    standing::{self, Standing},
};

/// What there is to say of a configuration, with the plugins that there are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Soundness {
    /// How many tasks it has.
    pub(crate) tasks: usize,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) findings: Findings,
    /// What makes sense, and is hardly what somebody means. Only where nothing is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) doubts: Vec<ProblemView>,
    /// What would change if the host read it now; none where it would go on with what it
    /// has, or where no host was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reload: Option<Changes>,
}

/// What is wrong with tasks and plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Findings {
    /// How many tasks can't run, or not as they are meant to.
    pub(crate) unusable: usize,
    /// How many tasks run once their plugins are compiled.
    pub(crate) waiting: usize,
    /// What is wrong, in the order of the file.
    pub(crate) problems: Vec<ProblemView>,
    /// Plugins that can't be used as they are now.
    pub(crate) refused: Vec<RefusedPlugin>,
}

/// A plugin that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RefusedPlugin {
    pub(crate) plugin: String,
    /// Why.
    pub(crate) error: String,
}

impl Findings {
    /// Of tasks that stand like this, with all that is wrong in their configuration.
    pub(crate) fn of(standing: &Standing, problems: Vec<ProblemView>, library: &Library) -> Self {
        let refused = library.list().into_iter().filter_map(|file| {
            file.problem.map(|error| RefusedPlugin { plugin: file.name, error })
        });
        Self {
            unusable: standing.unusable().len(),
            waiting: standing.waiting().len(),
            problems,
            refused: refused.collect(),
        }
    }

    /// Whether there is nothing to mend.
    pub(crate) fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.refused.is_empty()
    }

    /// How many tasks there are, and how many of them and of the plugins are of no use:
    /// `3 tasks, 2 with problems, 1 plugin refused`.
    pub(crate) fn sum(&self, tasks: usize) -> String {
        let mut text = standing::sum(tasks, self.unusable, self.waiting);
        if !self.refused.is_empty() {
            text += &format!(", {} refused", plural(self.refused.len(), "plugin"));
        }
        text
    }

    /// The same as the end of what was in vain; none where all is sound.
    pub(crate) fn verdict(&self, tasks: usize) -> Option<String> {
        let count = plural(self.problems.len() + self.refused.len(), "problem");
        match (self.is_sound(), self.unusable, self.refused.len()) {
            (true, ..) => None,
            // Of a file that is wrong by itself, it is not known which tasks it is to have.
            (false, 0, 0) => Some(count),
            (false, ..) => Some(format!("{count}: {}", self.sum(tasks))),
        }
    }
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
            let changes = Changes::between(&old, &mut specs).told(running, &config);
            soundness.reload = Some(Changes { restart, ..changes });
        }
        Ok(soundness)
    }

    fn joined(
        config: &Config,
        mut problems: Vec<Problem>,
        library: &Library,
    ) -> (Self, Vec<Arc<TaskSpec>>) {
        let Binding { specs, standing, problems: found } = plugins::bind_all(config, library);
        problems.extend(found);
        let doubts = match problems.is_empty() {
            true => config.doubts().views(),
            false => Vec::new(),
        };
        let problems = config.problems(problems).views();
        let soundness = Self {
            tasks: standing.tasks,
            plugins: library.list().len(),
            findings: Findings::of(&standing, problems, library),
            doubts,
            reload: None,
        };
        (soundness, specs)
    }

    /// Whether there is nothing to mend.
    pub(crate) fn is_sound(&self) -> bool {
        self.findings.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_ends_with_how_much_it_is() {
        let sound = Findings::default();
        assert_eq!((sound.verdict(2), sound.sum(2)), (None, "2 tasks".to_owned()));
        let refused = vec![RefusedPlugin { plugin: "odd".into(), error: "empty".into() }];
        let problem = ProblemView {
            file: "horarium.toml".into(),
            line: 1,
            column: 1,
            offset: 0,
            length: 1,
            key: "task.a".into(),
            message: "wrong".into(),
            help: None,
        };
        let broken = Findings { problems: vec![problem], ..Findings::default() };
        assert_eq!(broken.verdict(1), Some("1 problem".to_owned()));
        let unfit = Findings { unusable: 1, refused, ..broken };
        let sum = "2 problems: 3 tasks, 1 with problems, 1 plugin refused";
        assert_eq!(unfit.verdict(3), Some(sum.to_owned()));
    }
}
