//! `horarium state import`

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use horarium_core::effects::Bucket;
use serde::Deserialize;
use serde_json::json;

use super::super::Common;
use crate::{cli::asked, client::Expected, keeping::Encoding};

#[derive(Args)]
pub(super) struct Import {
    /// The file with them, a JSON object a line; `-` is standard input.
    file: PathBuf,
    /// Into this bucket, whichever they were in.
    #[arg(long)]
    bucket: Option<Bucket>,
}

/// What a line has to say. What else it says tells of what was.
#[derive(Deserialize)]
struct Line {
    bucket: String,
    key: String,
    value: String,
    #[serde(default)]
    encoding: Encoding,
    #[serde(default)]
    redacted: bool,
}

impl Import {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        let mut count = 0;
        for (number, line) in lines(&self.file)?.enumerate() {
            let place = || format!("{}, line {}", self.file.display(), number + 1);
            let done = || match count {
                0 => place(),
                _ => format!("{} ({} before it written)", place(), entries(count)),
            };
            let line = line.with_context(|| format!("can't read {}", self.file.display()))?;
            let line: Line = serde_json::from_str(&line).with_context(done)?;
            ensure!(
                !line.redacted,
                "{}: the value of {:?} had secrets in it and is not what was kept",
                done(),
                line.key
            );
            let bucket = match &self.bucket {
                Some(bucket) => bucket.clone(),
                None => line.bucket.parse().with_context(done)?,
            };
            let value = (line.value.as_str(), line.encoding);
            let written = host.set_entry(&bucket, &line.key, value, Expected::Anything).await;
            written.with_context(done)?;
            count += 1;
        }
        let line = format!("{} written", entries(count));
        asked::print(&json!({ "entries": count }), &line, common.json);
        Ok(ExitCode::SUCCESS)
    }
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// A file's lines, read one by one.
fn lines(file: &Path) -> Result<Box<dyn Iterator<Item = io::Result<String>>>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lines()));
    }
    let opened = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened).lines()))
}
