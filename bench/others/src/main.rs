//! How many jobs a second other schedulers for Rust do on this machine: one JSON object a
//! line. `cargo xtask bench scheduler` builds and runs this.

mod apalis;
mod tokio_cron;

use anyhow::Result;

/// What was measured.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) per_second: f64,
    pub(crate) about: String,
}

impl Measured {
    fn print(&self) {
        let Self { name, per_second, about } = self;
        println!(
            "{}",
            serde_json::json!({ "name": name, "per_second": per_second, "about": about })
        );
    }
}

fn main() -> Result<()> {
    let workers = std::thread::available_parallelism()?.get();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    runtime.block_on(apalis::measure())?.print();
    runtime.block_on(tokio_cron::measure())?.print();
    Ok(())
}
