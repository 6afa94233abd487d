//! `horarium tasks`

use std::{collections::HashMap, process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Args;
use horarium_core::{History, store::TaskQuery, task::TaskSpec, text::escape};
use horarium_store::{DATABASE, SqliteHistory};

use super::Common;
use crate::{
    client::ListedTask,
    describe::TaskSettings,
    output,
    plugins::{self, Binding},
};

#[derive(Args)]
pub(super) struct Tasks {}

impl Tasks {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let (tasks, problems) = match common.elsewhere().await? {
            Some(mut host) => (host.tasks().await?, 0),
            None => of_configuration(common).await?,
        };
        if common.json {
            output::json(&tasks);
        } else {
            let mut table = output::table(["TASK", "FUNCTION", "SCHEDULE", "LAST RUN", "STATE"]);
            for ListedTask { settings, history } in &tasks {
                let last = history.as_ref().and_then(|view| view.last.as_ref());
                table.add_row(vec![
                    settings.task.to_string(),
                    escape(&format!("{}/{}", settings.plugin, settings.function)),
                    escape(&settings.schedule),
                    last.map_or_else(|| "never".to_owned(), |run| output::local(run.scheduled_for)),
                    match history.as_ref().and_then(|view| view.pause) {
                        Some(pause) => format!("‖ {}", pause.as_str()),
                        None => last.map_or_else(String::new, |run| output::state(run.state)),
                    },
                ]);
            }
            output::print_table(&table, "the configuration has no tasks");
        }
        if problems > 0 {
            let count = output::plural(problems, "problem");
            output::error_line(&format!("{count} with the tasks; `horarium check` tells more"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The tasks of the configuration here, and how many problems there are with them.
async fn of_configuration(common: &Common) -> Result<(Vec<ListedTask>, usize)> {
    let config = common.config()?;
    let library = plugins::library(&config, 1, |_| {}).await?;
    let Binding { specs, problems, .. } = plugins::bind_all(&config, &library);
    // Without a history nothing has happened yet.
    let views = match config.data_dir.join(DATABASE).exists() {
        true => SqliteHistory::open(&config.data_dir)?.tasks(TaskQuery::ALL).await?,
        false => Vec::new(),
    };
    let mut views: HashMap<_, _> =
        views.into_iter().map(|view| (view.task.clone(), view)).collect();
    let listed = |spec: &Arc<TaskSpec>| ListedTask {
        settings: TaskSettings::of(spec),
        history: views.remove(&spec.name),
    };
    Ok((specs.iter().map(listed).collect(), problems.len()))
}
