//! `horarium tasks`

use std::{collections::HashMap, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Args;
use horarium_core::{
    History,
    store::{TaskQuery, TaskView},
    task::TaskSpec,
};
use horarium_store::{DATABASE, SqliteHistory};
use serde::Serialize;

use super::Common;
use crate::{
    describe::TaskSettings,
    output,
    plugins::{self, Binding},
};

#[derive(Args)]
pub(super) struct Tasks {}

impl Tasks {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let config = common.config()?;
        let library = plugins::library(&config, 1, |_| {}).await?;
        let Binding { specs, problems, .. } = plugins::bind_all(&config, &library);
        // Without a history nothing has happened yet.
        let views = match config.data_dir.join(DATABASE).exists() {
            true => SqliteHistory::open(&config.data_dir)?.tasks(TaskQuery::ALL).await?,
            false => Vec::new(),
        };
        let views: HashMap<_, _> =
            views.into_iter().map(|view| (view.task.clone(), view)).collect();
        if common.json {
            let listed = |spec: &Arc<TaskSpec>| Listed {
                settings: TaskSettings::of(spec),
                history: views.get(&spec.name),
            };
            output::json(&specs.iter().map(listed).collect::<Vec<_>>());
        } else {
            let mut table = output::table(["TASK", "FUNCTION", "SCHEDULE", "LAST RUN", "STATE"]);
            for spec in &specs {
                let last = views.get(&spec.name).and_then(|view| view.last.as_ref());
                table.add_row(vec![
                    spec.name.to_string(),
                    format!("{}/{}", spec.plugin, spec.function),
                    spec.schedule.to_string(),
                    last.map_or_else(|| "never".to_owned(), |run| output::local(run.scheduled_for)),
                    last.map_or_else(String::new, |run| output::state(run.state)),
                ]);
            }
            output::print_table(&table, "the configuration has no tasks");
        }
        if !problems.is_empty() {
            let count = output::plural(problems.len(), "problem");
            output::error_line(&format!("{count} with the tasks; `horarium check` tells more"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A task: what is said of it, and what the history knows of it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    settings: TaskSettings,
    history: Option<&'a TaskView>,
}
