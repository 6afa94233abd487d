//! `horarium state export`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::effects::Bucket;

use super::{super::Common, Kept, note_redacted};
use crate::output;

#[derive(Args)]
pub(super) struct Export {
    /// The bucket: `task/NAME` or NAME, or `shared/NAME`. Default: all of them.
    bucket: Option<Bucket>,
    /// Only keys that begin so.
    #[arg(long, requires = "bucket", default_value = "")]
    prefix: String,
}

impl Export {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut kept = Kept::find(common).await?;
        let buckets = match self.bucket {
            Some(bucket) => vec![bucket],
            None => {
                let all = kept.buckets().await?;
                all.iter().map(|info| info.bucket.parse()).collect::<Result<_, _>>()?
            }
        };
        let mut redacted = 0;
        for bucket in buckets {
            let mut entries = kept.export(&bucket, &self.prefix).await?;
            while let Some(entry) = entries.next().await? {
                redacted += usize::from(entry.redacted);
                output::json(&entry);
            }
        }
        note_redacted(redacted);
        Ok(ExitCode::SUCCESS)
    }
}
