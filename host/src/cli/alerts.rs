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

use super::Common;
use crate::{notify, output};

#[derive(Args)]
pub(super) struct Alerts {
    /// Only alerts of this task.
    #[arg(long, short)]
    task: Option<TaskName>,
    /// Only alerts before this one.
    #[arg(long)]
    before: Option<AlertId>,
    /// How many.
    #[arg(long, short = 'n', default_value_t = 20)]
    limit: u32,
}

impl Alerts {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut source = common.source().await?;
        let query = AlertQuery { task: self.task, before: self.before, limit: self.limit };
        let alerts = source.alerts(query).await?;
        if common.json {
            output::json(&alerts);
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = output::table(["ALERT", "AT", "EVENT", "WHAT", "TOLD"]);
        for AlertView { alert, deliveries } in &alerts {
            table.add_row(vec![
                alert.alert.to_string(),
                output::local(alert.at),
                alert.event().to_owned(),
                notify::text(alert),
                deliveries.iter().map(told).collect::<Vec<_>>().join("\n"),
            ]);
        }
        output::print_table(&table, "no alerts");
        Ok(ExitCode::SUCCESS)
    }
}

/// How far an alert has come on its way to a channel.
fn told(delivery: &DeliveryView) -> String {
    let DeliveryView { channel, state, tries, due_at, error, .. } = delivery;
    let why = error.as_deref().map(|error| format!(": {}", escape(error))).unwrap_or_default();
    match (state, due_at) {
        (DeliveryState::Delivered, _) => format!("✔ {channel}"),
        (DeliveryState::Waiting, Some(due)) if *tries > 0 => {
            format!("↻ {channel}, again {}{why}", output::local(*due))
        }
        (DeliveryState::Waiting, _) => format!("· {channel}"),
        (DeliveryState::GivenUp, _) => format!("✘ {channel}{why}"),
    }
}
