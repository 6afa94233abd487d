//! A host that serves many tasks.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{BUSY, TASKS, load::Connection};
use crate::cli::NOOP;

/// It ends with the value.
pub(super) struct Host {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Host {
    /// Starts one in a directory that has its history already.
    pub(super) async fn serve(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir.join("plugins"))?;
        fs::copy(NOOP, dir.join("plugins/noop.wasm"))
            .with_context(|| format!("cannot read {NOOP}"))?;
        let config = dir.join("horarium.toml");
        fs::write(&config, configuration()?)?;
        let mut process = Command::new(std::env::current_exe()?.with_file_name("horarium"))
            .args(["--json", "--config"])
            .arg(&config)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run horarium")?;
        let output = process.stdout.take().context("it has no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = tokio::task::block_in_place(|| listening(&mut lines));
        // Nobody is to wait for whoever reads.
        std::thread::spawn(move || lines.count());
        let mut host = Self { process, address: SocketAddr::from(([0; 4], 0)) };
        host.address = address?;
        Ok(host)
    }

    /// How many runs have ended, ever.
    pub(super) async fn ended(&self) -> Result<u64> {
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.get("/api/v1/statistics").await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let ended = answer["ended"].as_object().context("it counts no runs")?;
        Ok(ended.values().filter_map(Value::as_u64).sum())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn listening(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Result<SocketAddr> {
    for line in lines {
        let event: Value = serde_json::from_str(&line?)?;
        if event["event"] == "listening" {
            return Ok(event["address"].as_str().context("where?")?.parse()?);
        }
    }
    anyhow::bail!("the host has ended")
}

fn configuration() -> Result<String> {
    let mut text = "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n\n[host]\ncapacity = 64\n\n\
        [web]\nlisten = \"127.0.0.1:0\"\nanonymous = \"read\"\n"
        .to_owned();
    for number in 0..TASKS {
        let schedule = match number {
            0..BUSY => format!("every = \"1s\", offset = \"{number}ms\""),
            _ => format!("cron = \"{} 3 1 1 *\"", number % 60),
        };
        write!(text, "\n[task.task-{number}]\nplugin = \"noop\"\nschedule = {{ {schedule} }}\n")?;
    }
    Ok(text)
}
