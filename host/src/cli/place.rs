//! Where tasks and plugins are looked at.

use anyhow::Result;
use horarium_core::text::escape;

use super::Common;
use crate::{
    client::Client,
    config::{self, Config, load::ConfigError},
    output,
};

/// Where tasks and plugins are looked at.
pub(super) enum Place {
    /// In the configuration on this machine, with its plugins.
    Here(Box<Config>),
    /// On a host, which tells what it serves.
    Host(Client),
}

impl Common {
    /// The host at the address that was named, or else the configuration here. While that is
    /// broken, the host that serves the last good one knows better.
    pub(super) async fn place(&self) -> Result<Place> {
        if let Some(host) = self.elsewhere().await? {
            return Ok(Place::Host(host));
        }
        let broken = match config::look(&self.config) {
            Ok((config, absent)) => {
                super::note_absent(&absent);
                return Ok(Place::Here(Box::new(config)));
            }
            Err(error) => error,
        };
        match self.host_that_goes_on(&broken).await {
            Some(host) => {
                let file = self.config.display();
                let text = format!(
                    "{file} is broken, `horarium check` shows where: this is what the host serves"
                );
                output::error_line(&escape(&text));
                Ok(Place::Host(host))
            }
            None => Err(super::with_way_out(broken)),
        }
    }

    async fn host_that_goes_on(&self, broken: &ConfigError) -> Option<Client> {
        match broken {
            ConfigError::Problems(_) => Client::connect(&self.data_dir().ok()?).await.ok(),
            ConfigError::Read { .. } | ConfigError::TooLarge { .. } => None,
        }
    }
}
