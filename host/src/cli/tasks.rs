//! `horarium tasks`

use std::{collections::HashMap, process::ExitCode};

use anyhow::Result;
use clap::Args;
use horarium_core::{History, limits::Fuel, store::TaskView, task::TaskSpec};
use horarium_store::{DATABASE, SqliteHistory};
use serde_json::json;

use super::Common;
use crate::{
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
            true => SqliteHistory::open(&config.data_dir)?.tasks().await?,
            false => Vec::new(),
        };
        let views: HashMap<_, _> =
            views.into_iter().map(|view| (view.task.clone(), view)).collect();
        if common.json {
            let tasks = specs.iter().map(|spec| describe(spec, views.get(&spec.name)));
            output::json(&tasks.collect::<serde_json::Value>());
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

fn describe(spec: &TaskSpec, view: Option<&TaskView>) -> serde_json::Value {
    let fuel = match spec.limits.fuel {
        Fuel::Limited(units) => json!(units),
        Fuel::Unlimited => json!("unlimited"),
    };
    json!({
        "task": spec.name,
        "plugin": spec.plugin,
        "function": spec.function,
        "schedule": spec.schedule.to_string(),
        "timeout_s": spec.limits.timeout.as_secs_f64(),
        "fuel": fuel,
        "memory": spec.limits.memory,
        "max_attempts": spec.rules.retry.max_attempts,
        "history": view,
    })
}
