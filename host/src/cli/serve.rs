//! `horarium serve`

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::Args;
use horarium_core::name::TaskName;

use super::Common;
use crate::{
    serve::{self, Options, Watched},
    written,
};

#[derive(Args)]
pub(super) struct Serve {
    /// Start this task once as soon as the host is up, whatever its schedule; may
    /// be repeated.
    #[arg(long, value_name = "TASK")]
    trigger: Vec<TaskName>,
    /// End by itself after it has served for this long, such as `20s`.
    #[arg(long = "for", value_name = "DURATION", value_parser = written::length)]
    length: Option<Duration>,
    /// Listen at this address, whatever the configuration says; with port 0 at any free one.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = written::address)]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        // Looked at before it is read: what changes in between is another version.
        let file = Watched::new(&common.config);
        let config = common.config()?;
        for task in &self.trigger {
            config.task(task)?;
        }
        let options = Options {
            json: common.json,
            trigger: self.trigger,
            length: self.length,
            listen: self.listen,
        };
        serve::run(config, file, options).await
    }
}
