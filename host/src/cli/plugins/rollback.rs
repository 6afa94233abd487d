//! `horarium plugins rollback`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use horarium_core::{digest::Digest, name::PluginName};

use super::{super::Common, print_used};
use crate::versions::Version;

#[derive(Args)]
pub(super) struct Rollback {
    /// The plugin.
    plugin: PluginName,
    /// The version, as `horarium plugins versions` shows it or in full, where it is not the one
    /// that was in use before.
    #[arg(long, value_name = "DIGEST", value_parser = beginning)]
    to: Option<String>,
}

impl Rollback {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        let digest = match &self.to {
            None => None,
            Some(beginning) => {
                let kept = host.versions(&self.plugin).await?;
                let kept: Vec<_> = kept.into_iter().map(|kept| kept.version).collect();
                Some(meant(&self.plugin, &kept, beginning)?)
            }
        };
        let used = host.roll_back(&self.plugin, digest).await?;
        Ok(print_used(&used, common.json))
    }
}

/// The beginning of a digest, or all of it.
fn beginning(text: &str) -> Result<String, &'static str> {
    match !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("a version is up to 64 hexadecimal digits"),
    }
}

/// The only version that begins like this.
fn meant(plugin: &PluginName, kept: &[Version], beginning: &str) -> Result<Digest> {
    let mut like = kept.iter().map(|version| version.digest);
    let mut like = like.by_ref().filter(|digest| digest.to_string().starts_with(beginning));
    match (like.next(), like.next()) {
        (Some(digest), None) => Ok(digest),
        (Some(_), Some(_)) => {
            bail!("several versions of `{plugin}` begin with {beginning}; say more of it")
        }
        (None, _) => bail!(
            "no version {beginning} of `{plugin}` is kept; `horarium plugins versions {plugin}` lists them"
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_version_is_meant_by_its_beginning() {
        let digest = |first: u8, second: u8| {
            let mut bytes = [0; 32];
            (bytes[0], bytes[1]) = (first, second);
            Digest::new(bytes)
        };
        let kept = [digest(0xab, 0x10), digest(0xab, 0x20), digest(0xcd, 0)]
            .map(|digest| Version { digest, bytes: 1, used_at: Timestamp::UNIX_EPOCH });
        let plugin = "tick".parse().unwrap();
        let meant = |beginning: &str| meant(&plugin, &kept, beginning).map_err(|it| it.to_string());
        assert_eq!(meant("ab2"), Ok(kept[1].digest));
        assert_eq!(meant("c"), Ok(kept[2].digest));
        assert_eq!(meant(&kept[0].digest.to_string()), Ok(kept[0].digest));
        assert!(meant("ab").unwrap_err().contains("several"));
        assert!(meant("ef").unwrap_err().contains("versions tick"));
        assert_eq!(beginning("AB"), Ok("ab".to_owned()));
        assert!(beginning("").is_err() && beginning("xy").is_err());
        assert!(beginning(&"0".repeat(65)).is_err());
    }
}
