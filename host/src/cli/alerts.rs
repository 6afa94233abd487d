//! `horarium alerts`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::{
    alert::{AlertId, DeliveryState},
    name::TaskName,
    store::{AlertQuery, AlertView, DeliveryView},
    text::escape,
};

use super::{
    Common, number,
    rows::{Fit, Paper, Rows},
    source::Source,
};
use crate::{notify, output};

/// The columns of a list of alerts. A sign before the condition says whether it began or ended.
const COLUMNS: &[(&str, Fit)] = &[
    ("ALERT", Fit::Whole),
    ("AT", Fit::Whole),
    ("EVENT", Fit::Whole),
    ("TOLD", Fit::Name),
    ("WHAT", Fit::Rest),
];

#[derive(Args)]
pub(super) struct Alerts {
    /// Only those of what is wrong now.
    #[arg(long)]
    open: bool,
    /// Only alerts of this task.
    #[arg(long, short)]
    task: Option<TaskName>,
    /// Only alerts before this one.
    #[arg(long)]
    before: Option<AlertId>,
    /// How many.
    #[arg(long, short = 'n', default_value_t = 20, value_parser = number::count)]
    limit: u32,
}

impl Alerts {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut source = common.source().await?;
        let query =
            AlertQuery { task: self.task, before: self.before, open: self.open, limit: self.limit };
        let alerts = source.alerts(query).await?;
        if common.json {
            output::json(&alerts);
            return Ok(ExitCode::SUCCESS);
        }
        let paper = Paper::of_stdout();
        let mut rows = Rows::new(paper, COLUMNS);
        for AlertView { alert, deliveries } in &alerts {
            let sign = if alert.raised { "✘" } else { "✔" };
            rows.add(vec![
                alert.alert.to_string(),
                paper.moment(alert.at),
                format!("{sign} {}", alert.condition),
                told(deliveries, paper),
                notify::text(alert),
            ]);
        }
        rows.print(if self.open { "nothing is wrong now" } else { "no alerts" });
        alerts.iter().for_each(print_troubles);
        if alerts.iter().any(|view| view.deliveries.is_empty())
            && tells_nobody(&mut source, common).await
        {
            output::line(
                "nobody is told: no channel is set up ([notify.NAME] in the configuration)",
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the configuration has no channel; where that can't be seen it may have some.
async fn tells_nobody(source: &mut Source, common: &Common) -> bool {
    match source {
        Source::Host(host) => host.channels().await.is_ok_and(|channels| channels.is_empty()),
        Source::History(_) => common.config().is_ok_and(|config| config.channels.is_empty()),
    }
}

/// How far an alert has come on its way to its channels.
fn told(deliveries: &[DeliveryView], paper: Paper) -> String {
    if deliveries.is_empty() {
        return "nobody".to_owned();
    }
    let told =
        deliveries.iter().map(|DeliveryView { channel, state, tries, due_at, run, .. }| {
            match (state, run, due_at) {
                (DeliveryState::Waiting, Some(run), _) => format!("· {channel} by run {run}"),
                (DeliveryState::Delivered, ..) => format!("✔ {channel}"),
                (DeliveryState::Waiting, None, Some(due)) if *tries > 0 => {
                    format!("↻ {channel} again {}", paper.moment(*due))
                }
                (DeliveryState::Waiting, None, _) => format!("· {channel}"),
                (DeliveryState::GivenUp, ..) => format!("✘ {channel}"),
            }
        });
    told.collect::<Vec<_>>().join(", ")
}

/// All of why an alert did not arrive: it is too long for a table.
fn print_troubles(AlertView { alert, deliveries }: &AlertView) {
    for DeliveryView { channel, error, .. } in deliveries {
        if let Some(error) = error {
            let number = alert.alert;
            output::line(&format!("alert {number} to {channel}: {}", escape(error)));
        }
    }
}
