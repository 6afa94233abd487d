//! `horarium state list`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use horarium_core::{effects::Bucket, text::escape};

use super::{
    super::{
        Common,
        rows::{Fit, Paper, Rows},
    },
    Kept,
};
use crate::{keeping::BucketInfo, output};

/// The columns of a list of buckets.
const BUCKETS: &[(&str, Fit)] = &[
    ("BUCKET", Fit::Name),
    ("KEYS", Fit::Whole),
    ("OF", Fit::Whole),
    ("SIZE", Fit::Whole),
    ("OF", Fit::Whole),
    ("TASKS", Fit::Rest),
];

/// The columns of a list of keys.
const KEYS: &[(&str, Fit)] = &[
    ("SIZE", Fit::Whole),
    ("VERSION", Fit::Whole),
    ("WRITTEN", Fit::Whole),
    ("BY", Fit::Whole),
    ("KEY", Fit::Rest),
];

#[derive(Args)]
pub(super) struct List {
    /// List the keys of this bucket: `task/NAME` or NAME, or `shared/NAME`.
    bucket: Option<Bucket>,
    /// Only keys that begin so.
    #[arg(long, requires = "bucket", default_value = "")]
    prefix: String,
    /// Only keys after this one.
    #[arg(long, requires = "bucket", value_name = "KEY")]
    after: Option<String>,
    /// How many keys.
    #[arg(long, short = 'n', requires = "bucket", default_value_t = 50)]
    limit: u32,
}

impl List {
    pub(super) async fn run(mut self, common: &Common) -> Result<ExitCode> {
        match self.bucket.take() {
            None => buckets(common).await,
            Some(bucket) => self.keys(&bucket, common).await,
        }
    }

    async fn keys(self, bucket: &Bucket, common: &Common) -> Result<ExitCode> {
        let mut kept = Kept::find(common).await?;
        let info = kept.bucket(bucket).await?;
        let more = self.limit.saturating_add(1);
        let mut keys = kept.keys(bucket, &self.prefix, self.after, more).await?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = keys.len() > limit;
        keys.truncate(limit);
        if common.json {
            output::json(&keys);
            return Ok(ExitCode::SUCCESS);
        }
        let paper = Paper::of_stdout();
        let mut rows = Rows::new(paper, KEYS);
        for entry in &keys {
            rows.add(vec![
                output::bytes(entry.bytes),
                entry.version.to_string(),
                paper.moment(entry.at),
                entry.run.map_or_else(|| "hand".to_owned(), |run| format!("run {run}")),
                escape(&entry.key),
            ]);
        }
        rows.print("no keys");
        if let Some(last) = keys.last().filter(|_| more) {
            output::line(&format!("more follow: --after {:?}", escape(&last.key)));
        }
        if info.is_orphaned() {
            output::line(&gone(&bucket.address()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Lists all buckets.
pub(super) async fn buckets(common: &Common) -> Result<ExitCode> {
    let buckets = Kept::find(common).await?.buckets().await?;
    if common.json {
        output::json(&buckets);
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = Rows::new(Paper::of_stdout(), BUCKETS);
    for info in &buckets {
        let quota = info.quota;
        rows.add(vec![
            info.bucket.clone(),
            output::count(info.keys),
            quota.map_or_else(String::new, |quota| output::count(quota.keys)),
            output::bytes(info.bytes),
            quota.map_or_else(String::new, |quota| output::bytes(quota.bytes)),
            tasks(info),
        ]);
    }
    rows.print("nothing is kept");
    Ok(ExitCode::SUCCESS)
}

fn tasks(info: &BucketInfo) -> String {
    match info.tasks {
        Some(0) => "no such task any more".to_owned(),
        Some(tasks) => output::plural(usize::try_from(tasks).unwrap_or(usize::MAX), "task"),
        None => "?".to_owned(),
    }
}

/// What to do with what nobody has any more.
fn gone(bucket: &str) -> String {
    format!(
        "no task of the configuration has it any more; `horarium state clear {bucket}` empties it"
    )
}
