//! `horarium tasks`

use std::{collections::HashMap, process::ExitCode};

use anyhow::{Result, bail};
use clap::Args;
use horarium_core::{
    History,
    store::{RunView, StoreError, TaskQuery},
    text::escape,
};
use horarium_store::SqliteHistory;
use serde_json::{Value, json};

use super::{
    Common,
    place::Place,
    rows::{Fit, Paper, Rows},
    stand, with_way_out,
    witness::Witness,
};
use crate::{
    client::{ListedTask, Said},
    config::{Config, load},
    describe::TaskSettings,
    output,
    plugins::{self, Binding},
    standing::Fitness,
};

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[
    ("TASK", Fit::Name),
    ("FUNCTION", Fit::Rest),
    ("SCHEDULE", Fit::Name),
    ("LAST RUN", Fit::Whole),
    ("STATE", Fit::Whole),
];

#[derive(Args)]
pub(super) struct Tasks {
    /// Print the tasks of the configuration as TOML instead, each in full: as if it had been
    /// written by hand, without templates and `for_each`.
    #[arg(long)]
    expanded: bool,
}

impl Tasks {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        if self.expanded {
            return expanded(common);
        }
        let (tasks, witness) = match common.place().await? {
            Place::Host(mut host) => (host.tasks().await?, Witness::Host),
            Place::Here(config) => {
                (of_configuration(&config).await?, Witness::of(&config.data_dir).await)
            }
        };
        if common.json {
            let told: Vec<_> = tasks.iter().map(|task| told(task, witness)).collect();
            output::json(&told);
            return Ok(ExitCode::SUCCESS);
        }
        let paper = Paper::of_stdout();
        let mut rows = Rows::new(paper, COLUMNS);
        for task in &tasks {
            let function = |it: &TaskSettings| escape(&format!("{}/{}", it.plugin, it.function));
            let last = task.history.as_ref().and_then(|view| view.last.as_ref());
            let stand = stand::word(task.fitness(), task.pause(), false);
            rows.add(vec![
                task.name().to_string(),
                task.settings().map(function).unwrap_or_default(),
                task.settings().map(|settings| escape(&settings.schedule)).unwrap_or_default(),
                last.map_or_else(|| "never".to_owned(), |run| begun(run, paper)),
                stand.or(last.map(|run| witness.state(run))).unwrap_or_default(),
            ]);
        }
        rows.print("the configuration has no tasks");
        stand::put_aside(tasks.iter().map(|task| (task.name(), task.pause())));
        stand::explain(tasks.iter().map(|task| (task.name(), task.problems.as_slice())));
        Ok(ExitCode::SUCCESS)
    }
}

/// When a run began, whatever instant it is for; or when it is to.
fn begun(run: &RunView, paper: Paper) -> String {
    match (run.started_at, run.due_at) {
        (Some(at), _) => paper.moment(at),
        (None, Some(at)) => format!("due {}", paper.moment(at)),
        // It was skipped, or cancelled before it began.
        (None, None) => paper.moment(run.created_at),
    }
}

/// A task for programs.
fn told(task: &ListedTask, witness: Witness) -> Value {
    let mut told = json!(task);
    if let Some(last) = task.history.as_ref().and_then(|view| view.last.as_ref()) {
        told["history"]["last"] = json!(witness.told(last));
    }
    told
}

/// What templates and `for_each` make of the configuration here, whatever a host serves.
fn expanded(common: &Common) -> Result<ExitCode> {
    if common.asks_elsewhere() {
        bail!(
            "--expanded shows the configuration that is here; leave --host and HORARIUM_HOST out"
        );
    }
    let printed = load::printed(&common.config).map_err(with_way_out)?;
    match common.json {
        true => output::json(&printed.json),
        // The last line has its end already.
        false => output::line(printed.toml.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The tasks of the configuration here.
async fn of_configuration(config: &Config) -> Result<Vec<ListedTask>> {
    let library = plugins::library(config, 1, |_| {}).await?;
    let Binding { specs, standing, .. } = plugins::bind_all(config, &library);
    // Without a history nothing has happened yet.
    let views = match SqliteHistory::open(&config.data_dir) {
        Ok(history) => history.tasks(TaskQuery::ALL).await?,
        Err(StoreError::Missing { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut views: HashMap<_, _> =
        views.into_iter().map(|view| (view.task.clone(), view)).collect();
    let mut specs: HashMap<_, _> =
        specs.iter().map(|spec| (&spec.name, TaskSettings::of(spec))).collect();
    let listed = config.tasks.iter().map(|draft| {
        let task = &draft.name.value;
        let said = specs.remove(task).map(Said::Settings);
        ListedTask {
            said: said.unwrap_or_else(|| Said::Nothing { task: task.clone() }),
            waiting: standing.of(task) == Fitness::Waiting,
            problems: standing.of(task).problems().to_vec(),
            history: views.remove(task),
        }
    });
    Ok(listed.collect())
}
