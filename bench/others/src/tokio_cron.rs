//! tokio-cron-scheduler: jobs in memory, due every second, and nothing written down.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::Measured;

/// How many jobs there are: each is due once a second, which is the most it knows.
const JOBS: [u64; 3] = [100, 1_000, 10_000];

const WARM_UP: Duration = Duration::from_secs(3);
const MEASURE: Duration = Duration::from_secs(8);

pub(crate) async fn measure() -> Result<Measured> {
    let mut best: Option<(f64, u64)> = None;
    for jobs in JOBS {
        let pace = pace(jobs).await?;
        eprintln!("tokio-cron-scheduler with {jobs} jobs: {pace:.0} runs/s");
        if best.is_none_or(|(before, _)| pace > before) {
            best = Some((pace, jobs));
        }
    }
    let (per_second, jobs) = best.ok_or_else(|| anyhow!("nothing was measured"))?;
    let about = format!(
        "tokio-cron-scheduler 0.15, native no-op jobs due every second, in memory and without a history, with {jobs} jobs, the best of 100, 1,000 and 10,000"
    );
    Ok(Measured { name: "tokio_cron", per_second, about })
}

async fn pace(jobs: u64) -> Result<f64> {
    let count = Arc::new(AtomicU64::new(0));
    let mut scheduler = JobScheduler::new().await?;
    for _ in 0..jobs {
        let count = count.clone();
        let job = Job::new("* * * * * *", move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        })?;
        scheduler.add(job).await?;
    }
    scheduler.start().await?;
    tokio::time::sleep(WARM_UP).await;
    let (before, start) = (count.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(MEASURE).await;
    let (after, elapsed) = (count.load(Ordering::Relaxed), start.elapsed());
    scheduler.shutdown().await?;
    Ok((after - before) as f64 / elapsed.as_secs_f64())
}
