//! `horarium next`

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Args;
use horarium_core::{name::TaskName, task::TaskSpec, text::escape};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::Common;
use crate::{
    client::Client,
    config::load::ConfigError,
    describe::{self, NextView},
    output,
    plugins::{self, Binding},
};

#[derive(Args)]
pub(super) struct Next {
    /// The task; all of them where none is named.
    task: Option<TaskName>,
    /// How many instants.
    #[arg(long, short = 'n', default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// Count from this instant instead of now.
    #[arg(long, value_name = "INSTANT")]
    from: Option<Timestamp>,
}

impl Next {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let from = self.from.unwrap_or_else(Timestamp::now);
        let due = match common.elsewhere().await? {
            Some(host) => self.of_host(host, from).await?,
            None => self.of_configuration(common, from).await?,
        };
        if common.json {
            let tasks = due.iter().map(|(task, view)| {
                json!({ "task": task, "schedule": view.schedule, "next": view.next })
            });
            output::json(&tasks.collect::<serde_json::Value>());
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table(["TASK", "SCHEDULE", "NEXT"]);
        for (task, view) in &due {
            for row in rows(view) {
                table.add_row(vec![task.to_string(), view.schedule.clone(), row]);
            }
        }
        output::print_table(&table, "no task has a schedule");
        Ok(ExitCode::SUCCESS)
    }

    async fn of_configuration(
        &self,
        common: &Common,
        from: Timestamp,
    ) -> Result<Vec<(TaskName, NextView)>> {
        let config = common.config()?;
        if let Some(name) = &self.task {
            config.task(name)?;
        }
        let library = plugins::library(&config, 1, |_| {}).await?;
        let Binding { mut specs, problems, .. } = plugins::bind_all(&config, &library);
        specs.retain(|spec| self.task.as_ref().is_none_or(|name| spec.name == *name));
        if specs.is_empty() && !problems.is_empty() {
            return Err(ConfigError::Problems(config.problems(problems)).into());
        }
        let next =
            |spec: &Arc<TaskSpec>| (spec.name.clone(), describe::next(spec, from, self.count));
        Ok(specs.iter().map(next).collect())
    }

    async fn of_host(
        &self,
        mut host: Client,
        from: Timestamp,
    ) -> Result<Vec<(TaskName, NextView)>> {
        let names = match &self.task {
            Some(task) => vec![task.clone()],
            None => host.tasks().await?.into_iter().map(|task| task.settings.task).collect(),
        };
        let mut due = Vec::new();
        for task in names {
            let view = host.next(&task, from, self.count).await?;
            due.push((task, view));
        }
        Ok(due)
    }
}

/// The instants in the schedule's own timezone, or why there are none to name.
fn rows(view: &NextView) -> Vec<String> {
    if let Some(otherwise) = &view.otherwise {
        return vec![escape(otherwise)];
    }
    let zone = view.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
    let zone = zone.unwrap_or_else(TimeZone::system);
    let shown = view
        .next
        .iter()
        .map(|at| at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S%.f %Z").to_string());
    shown.collect()
}
