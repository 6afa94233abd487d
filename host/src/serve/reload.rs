//! A configuration that changes while a host serves it.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
};

use horarium_core::{name::TaskName, task::TaskSpec};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use crate::{
    config::{Config, ProblemView, load::ConfigError},
    soundness::Findings,
    stamp::Stamp,
};

/// A wish for the configuration to be read anew, and where the answer goes.
pub(crate) type Reload = oneshot::Sender<Result<Taken, ConfigError>>;

/// A new configuration that counts now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Reloaded)]
pub(crate) struct Taken {
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) changes: Changes,
    /// What keeps tasks from running all the same, such as a plugin that is missing.
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) findings: Findings,
}

/// What a new configuration changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Changes {
    /// How many tasks there are now.
    pub(crate) tasks: usize,
    /// Tasks that are new.
    #[schema(value_type = Vec<String>)]
    pub(crate) added: Vec<TaskName>,
    /// Tasks that are not what they were.
    #[schema(value_type = Vec<String>)]
    pub(crate) changed: Vec<TaskName>,
    /// Tasks that are gone.
    #[schema(value_type = Vec<String>)]
    pub(crate) removed: Vec<TaskName>,
    /// Keys that differ from what this host began with, and wait for the next one.
    pub(crate) restart: Vec<Cow<'static, str>>,
}

/// What came of a reload, for people who were not there.
#[derive(Debug, Clone)]
pub(crate) struct LastReload {
    pub(crate) at: Timestamp,
    pub(crate) outcome: Reloaded,
}

/// How a reload went.
#[derive(Debug, Clone)]
pub(crate) enum Reloaded {
    /// The new configuration counts.
    Taken(Taken),
    /// It is broken; the last good one goes on.
    Refused {
        /// Since when that is so, whatever was changed in it meanwhile.
        since: Timestamp,
        /// In a sentence.
        why: String,
        /// What is wrong, where it could be read.
        problems: Vec<ProblemView>,
    },
}

impl LastReload {
    /// What came of a reload at this instant, after another one.
    pub(super) fn new(
        result: &Result<Taken, ConfigError>,
        before: Option<&Self>,
        at: Timestamp,
    ) -> Self {
        let outcome = match result {
            Ok(taken) => Reloaded::Taken(taken.clone()),
            Err(error) => Reloaded::Refused {
                since: match before.map(|before| &before.outcome) {
                    Some(Reloaded::Refused { since, .. }) => *since,
                    Some(Reloaded::Taken(_)) | None => at,
                },
                why: error.to_string(),
                problems: match error {
                    ConfigError::Problems(problems) => problems.views(),
                    ConfigError::Read { .. } | ConfigError::TooLarge { .. } => Vec::new(),
                },
            },
        };
        Self { at, outcome }
    }
}

impl Changes {
    /// From these tasks to those, both in the order of their names. Those that are what
    /// they were become the very same again.
    pub(crate) fn between(old: &[Arc<TaskSpec>], new: &mut [Arc<TaskSpec>]) -> Self {
        let mut changes = Self { tasks: new.len(), ..Self::default() };
        let mut old = old.iter().peekable();
        for spec in new {
            while let Some(gone) = old.next_if(|old| old.name < spec.name) {
                changes.removed.push(gone.name.clone());
            }
            match old.next_if(|old| old.name == spec.name) {
                None => changes.added.push(spec.name.clone()),
                Some(same) if same == spec => *spec = same.clone(),
                Some(_) => changes.changed.push(spec.name.clone()),
            }
        }
        changes.removed.extend(old.map(|gone| gone.name.clone()));
        changes
    }

    /// The same of the configurations that these tasks are of: what one has is there, even
    /// where it is not known what it would run.
    pub(crate) fn told(self, old: &Config, new: &Config) -> Self {
        let names = |config: &Config, without: &Config| -> Vec<TaskName> {
            let names = config.tasks.iter().map(|draft| &draft.name.value);
            names.filter(|name| without.draft(name).is_none()).cloned().collect()
        };
        let mut changed = self.changed;
        changed.extend(self.added.into_iter().filter(|task| old.draft(task).is_some()));
        changed.extend(self.removed.into_iter().filter(|task| new.draft(task).is_some()));
        changed.sort_unstable();
        Self {
            tasks: new.tasks.len(),
            added: names(new, old),
            changed,
            removed: names(old, new),
            restart: self.restart,
        }
    }
}

/// A file that is looked at again and again.
pub(crate) struct Watched {
    file: PathBuf,
    /// As it was when it was read last.
    read: Option<Stamp>,
    /// As it was at the last look.
    seen: Option<Stamp>,
}

impl Watched {
    /// A file that is about to be read for the first time.
    pub(crate) fn new(file: &Path) -> Self {
        let stamp = Stamp::of(file);
        Self { file: file.to_owned(), read: stamp, seen: stamp }
    }

    /// Whether it is another one than was read, and at rest since the last look: who
    /// writes a file in several steps means the last one. A file that is gone is on its
    /// way to be replaced.
    pub(super) fn has_changed(&mut self) -> bool {
        let now = Stamp::of(&self.file);
        let rests = now == std::mem::replace(&mut self.seen, now);
        rests && now.is_some() && now != self.read
    }

    /// It is about to be read.
    pub(super) fn is_read(&mut self) {
        self.read = Stamp::of(&self.file);
        self.seen = self.read;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use horarium_core::{
        instance::InstancePolicy, limits::Limits, rules::Rules, schedule::Schedule,
    };
    use tempfile::tempdir;

    use super::*;
    use crate::config::load;

    #[test]
    fn a_task_that_is_what_it_was_becomes_the_same_again() {
        let task = |name: &str, schedule| {
            Arc::new(TaskSpec {
                name: name.parse().unwrap(),
                plugin: "plugin".parse().unwrap(),
                function: "function".into(),
                args: "null".into(),
                schedule,
                rules: Rules::default(),
                limits: Limits::DEFAULT,
                instance: InstancePolicy::Fresh,
                grants: Arc::default(),
            })
        };
        let (manual, once) = (Schedule::Manual, Schedule::Once);
        let old = ["a", "c", "d", "f"].map(|name| task(name, manual.clone()));
        let mut new = ["b", "c", "e", "f"].map(|name| task(name, manual.clone()));
        new[3] = task("f", once);
        let changes = Changes::between(&old, &mut new);
        let names = |tasks: &[TaskName]| tasks.iter().map(ToString::to_string).collect::<String>();
        assert_eq!(changes.tasks, 4);
        assert_eq!(names(&changes.added), "be");
        assert_eq!(names(&changes.changed), "f");
        assert_eq!(names(&changes.removed), "ad");
        assert!(Arc::ptr_eq(&old[1], &new[1]));
    }

    #[test]
    fn what_a_configuration_has_is_there_even_where_it_can_not_run() {
        let config = |text: &str| {
            let (config, problems) = load::parse(Path::new("/h.toml"), Path::new("/"), text);
            assert_eq!(problems, []);
            config
        };
        let old =
            config("[task.a]\nplugin = 'p'\n[task.b]\nplugin = 'p'\n[task.c]\nplugin = 'p'\n");
        let new =
            config("[task.b]\nplugin = 'q'\n[task.c]\nplugin = 'p'\n[task.d]\nplugin = 'p'\n");
        // Of the engine's tasks: `b` can't run any more, `c` can again, and `d` not yet.
        let task = |name: &str| name.parse::<TaskName>().unwrap();
        let engines = Changes {
            tasks: 1,
            added: vec![task("c")],
            removed: vec![task("a"), task("b")],
            ..Changes::default()
        };
        let told = engines.told(&old, &new);
        assert_eq!((told.tasks, told.added, told.removed), (3, vec![task("d")], vec![task("a")]));
        assert_eq!(told.changed, [task("b"), task("c")]);
    }

    #[test]
    fn a_file_is_broken_since_it_was_sound() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let broken = || Err(ConfigError::TooLarge { file: "h.toml".into() });
        let sound = Ok(Taken { changes: Changes::default(), findings: Findings::default() });
        let since = |reload: &LastReload| match &reload.outcome {
            Reloaded::Refused { since, .. } => Some(*since),
            Reloaded::Taken(_) => None,
        };
        let first = LastReload::new(&broken(), None, at(1));
        let second = LastReload::new(&broken(), Some(&first), at(2));
        assert_eq!((second.at, since(&second)), (at(2), Some(at(1))));
        let mended = LastReload::new(&sound, Some(&second), at(3));
        assert_eq!(since(&mended), None);
        let third = LastReload::new(&broken(), Some(&mended), at(4));
        assert_eq!(since(&third), Some(at(4)));
    }

    #[test]
    fn a_file_is_read_again_once_it_rests() {
        let dir = tempdir().unwrap();
        let file = dir.path().join("horarium.toml");
        fs::write(&file, "a").unwrap();
        let mut watched = Watched::new(&file);
        assert!(!watched.has_changed());
        fs::write(&file, "half").unwrap();
        assert!(!watched.has_changed(), "it may still be written");
        fs::write(&file, "whole one").unwrap();
        assert!(!watched.has_changed());
        assert!(watched.has_changed());
        watched.is_read();
        assert!(!watched.has_changed());
        fs::remove_file(&file).unwrap();
        assert!(!watched.has_changed());
        assert!(!watched.has_changed(), "it is about to be replaced");
    }
}
