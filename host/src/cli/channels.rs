//! `horarium channels`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use horarium_core::name::ChannelName;
use serde_json::Value;

use super::{
    Common, asked,
    rows::{Fit, Paper, Rows},
};
use crate::{describe::ChannelView, output};

/// The columns of the list.
const COLUMNS: &[(&str, Fit)] = &[
    ("CHANNEL", Fit::Whole),
    ("KIND", Fit::Whole),
    ("TO", Fit::Full),
    ("TOLD OF", Fit::Full),
    ("TASKS", Fit::Full),
];

#[derive(Args)]
pub(super) struct Channels {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Have the host send a test message to a channel, and say whether it has arrived.
    Test {
        /// The channel.
        channel: ChannelName,
    },
}

impl Channels {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        match self.verb {
            None => list(common).await,
            Some(Verb::Test { channel }) => {
                let path = format!("/api/v1/channels/{channel}/test");
                let answer = common.host().await?.post(&path, &Value::Null).await?;
                asked::print(&answer, &format!("the test has come to {channel}"), common.json);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

async fn list(common: &Common) -> Result<ExitCode> {
    let channels = match common.elsewhere().await? {
        Some(mut host) => host.channels().await?,
        None => common.config()?.channels.iter().map(ChannelView::of).collect(),
    };
    if common.json {
        output::json(&channels);
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = Rows::new(Paper::of_stdout(), COLUMNS);
    for channel in &channels {
        let tasks = match channel.tasks.as_slice() {
            [] => "all".to_owned(),
            tasks => tasks.join(", "),
        };
        rows.add(vec![
            channel.channel.to_string(),
            channel.kind.to_string(),
            channel.to.clone(),
            channel.on.join(", "),
            tasks,
        ]);
    }
    rows.print("the configuration has no channels, `[notify.NAME]`");
    Ok(ExitCode::SUCCESS)
}
