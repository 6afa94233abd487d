//! `horarium next`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::{name::TaskName, schedule::Schedule, task::TaskSpec};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::Common;
use crate::{
    config::load::ConfigError,
    describe::instants,
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
        let from = self.from.unwrap_or_else(Timestamp::now);
        if common.json {
            let tasks = specs.iter().map(|spec| {
                json!({
                    "task": spec.name,
                    "schedule": spec.schedule.to_string(),
                    "next": instants(spec, from, self.count),
                })
            });
            output::json(&tasks.collect::<serde_json::Value>());
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table(["TASK", "SCHEDULE", "NEXT"]);
        for spec in &specs {
            for row in rows(spec, from, self.count) {
                table.add_row(vec![spec.name.to_string(), spec.schedule.to_string(), row]);
            }
        }
        output::print_table(&table, "no task has a schedule");
        Ok(ExitCode::SUCCESS)
    }
}

/// The instants in the schedule's own timezone, or why there are none to name.
fn rows(spec: &TaskSpec, from: Timestamp, count: u32) -> Vec<String> {
    match &spec.schedule {
        Schedule::Manual => vec!["when somebody asks".to_owned()],
        Schedule::Continuous { .. } => vec!["after each end".to_owned()],
        Schedule::Once => vec!["once, as soon as a host first knows the task".to_owned()],
        Schedule::At(at) if *at <= from => {
            vec![format!("{at}, or as soon as a host first knows the task")]
        }
        schedule => {
            let zone = match schedule {
                Schedule::Cron(cron) => cron.timezone().clone(),
                _ => TimeZone::system(),
            };
            let shown = instants(spec, from, count).into_iter();
            shown
                .map(|at| {
                    at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S%.f %Z").to_string()
                })
                .collect()
        }
    }
}
