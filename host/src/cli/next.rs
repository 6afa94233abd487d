//! `horarium next`

use std::{collections::HashMap, process::ExitCode};

use anyhow::{Result, bail};
use clap::Args;
use horarium_core::{
    History,
    name::TaskName,
    store::{Pause, StoreError, TaskQuery},
    text::escape,
};
use horarium_store::SqliteHistory;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{
    Common, number,
    place::Place,
    rows::{Fit, Paper, Rows},
    stand,
};
use crate::{
    client::Client,
    config::{Config, ProblemView},
    describe::{self, NextView},
    output,
    plugins::{self, Binding},
    standing::Fitness,
    written,
};

#[derive(Args)]
pub(super) struct Next {
    /// The task; all of them where none is named.
    task: Option<TaskName>,
    /// How many instants.
    #[arg(long, short = 'n', default_value_t = 5, value_parser = count)]
    count: u32,
    /// Count from this instant, such as `2026-12-01T03:00:00Z`, instead of now.
    #[arg(long, value_name = "INSTANT", value_parser = written::instant)]
    from: Option<Timestamp>,
}

fn count(text: &str) -> Result<u32, String> {
    const MOST: u32 = 10_000;
    number::count_up_to(MOST, text)
}

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] =
    &[("TASK", Fit::Name), ("SCHEDULE", Fit::Rest), ("NEXT", Fit::Whole), ("STATE", Fit::Whole)];

/// When a task is due, and what keeps it from starting then.
struct Due {
    task: TaskName,
    /// None where it is not known what it would run.
    view: Option<NextView>,
    waiting: bool,
    problems: Vec<ProblemView>,
}

/// When tasks are due, and whether anything starts at all.
struct Timetable {
    due: Vec<Due>,
    is_host_paused: bool,
}

impl Due {
    fn fitness(&self) -> Fitness<'_> {
        Fitness::told(self.waiting, &self.problems)
    }
}

impl Next {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let from = self.from.unwrap_or_else(Timestamp::now);
        let timetable = match common.place().await? {
            Place::Host(host) => self.of_host(host, from).await?,
            Place::Here(config) => self.of_configuration(&config, from).await?,
        };
        if let (Some(task), [only]) = (&self.task, timetable.due.as_slice())
            && only.view.is_none()
        {
            bail!("{}", stand::sentence(task, &only.problems));
        }
        match common.json {
            true => print_json(&timetable),
            false => print(&timetable),
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn of_configuration(&self, config: &Config, from: Timestamp) -> Result<Timetable> {
        if let Some(name) = &self.task {
            config.task(name)?;
        }
        let library = plugins::library(config, 1, |_| {}).await?;
        let Binding { specs, standing, .. } = plugins::bind_all(config, &library);
        let (pauses, is_host_paused) = pauses(config).await?;
        let names = config.tasks.iter().map(|draft| &draft.name.value);
        let names = names.filter(|name| self.task.as_ref().is_none_or(|asked| *name == asked));
        let due = names.map(|task| {
            let spec = specs.binary_search_by(|spec| spec.name.cmp(task)).ok();
            let next = spec.and_then(|place| specs.get(place));
            let next = next.map(|spec| describe::next(spec, from, self.count));
            Due {
                task: task.clone(),
                view: next.map(|view| NextView { pause: pauses.get(task).copied(), ..view }),
                waiting: standing.of(task) == Fitness::Waiting,
                problems: standing.of(task).problems().to_vec(),
            }
        });
        Ok(Timetable { due: due.collect(), is_host_paused })
    }

    async fn of_host(&self, mut host: Client, from: Timestamp) -> Result<Timetable> {
        let tasks = match &self.task {
            Some(task) => vec![host.task(task).await?],
            None => host.tasks().await?,
        };
        let is_host_paused = host.host().await?.paused_at.is_some();
        let mut due = Vec::with_capacity(tasks.len());
        for task in tasks {
            let view = match task.settings() {
                Some(settings) => Some(host.next(&settings.task, from, self.count).await?),
                None => None,
            };
            let name = task.name().clone();
            due.push(Due { task: name, view, waiting: task.waiting, problems: task.problems });
        }
        Ok(Timetable { due, is_host_paused })
    }
}

/// Which tasks the history knows to be put aside, and whether everything is.
async fn pauses(config: &Config) -> Result<(HashMap<TaskName, Pause>, bool)> {
    // Without a history nothing was.
    let history = match SqliteHistory::open(&config.data_dir) {
        Ok(history) => history,
        Err(StoreError::Missing { .. }) => return Ok((HashMap::new(), false)),
        Err(error) => return Err(error.into()),
    };
    let views = history.tasks(TaskQuery::ALL).await?;
    let pauses = views.into_iter().filter_map(|view| Some((view.task, view.pause?)));
    Ok((pauses.collect(), history.paused().await?.is_some()))
}

fn print_json(timetable: &Timetable) {
    let tasks = timetable.due.iter().map(|due| {
        let view = due.view.as_ref();
        json!({
            "task": due.task,
            "schedule": view.map(|view| &view.schedule),
            "next": view.map(|view| view.next.as_slice()).unwrap_or_default(),
            "pause": view.and_then(|view| view.pause),
            "host_paused": timetable.is_host_paused,
            "waiting": due.waiting,
            "problems": due.problems,
        })
    });
    output::json(&tasks.collect::<serde_json::Value>());
}

fn print(timetable: &Timetable) {
    let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
    for due in &timetable.due {
        let pause = due.view.as_ref().and_then(|view| view.pause);
        let stand = stand::word(due.fitness(), pause, timetable.is_host_paused);
        let stand = stand.unwrap_or_default();
        let schedule = due.view.as_ref().map(|view| view.schedule.clone()).unwrap_or_default();
        let instants = due.view.as_ref().map_or_else(|| vec!["–".to_owned()], instants);
        for instant in instants {
            rows.add(vec![due.task.to_string(), schedule.clone(), instant, stand.clone()]);
        }
    }
    rows.print("no task has a schedule");
    stand::explain(timetable.due.iter().map(|due| (&due.task, due.problems.as_slice())));
}

/// The instants in the schedule's own timezone, or why there are none to name.
fn instants(view: &NextView) -> Vec<String> {
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
