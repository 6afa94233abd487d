//! apalis over SQLite: jobs that wait in a table, and are fetched, run and acknowledged.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use ::apalis::prelude::*;
use anyhow::{Result, anyhow, ensure};
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};

use tokio::sync::Notify;

use crate::Measured;

const QUEUE: &str = "noop";
/// How long each way to set it up is measured, at least.
const MEASURE: Duration = Duration::from_secs(8);

/// Jobs that wait at first. Not more: what it does for each of them grows with how many
/// there are.
const JOBS: u32 = 5_000;

/// How often it looks for jobs and for what has become of them where nothing wakes it.
const POLL: Duration = Duration::from_millis(10);

/// A way to set it up.
#[derive(Clone, Copy)]
struct Setting {
    /// Jobs that are fetched at once.
    batch: usize,
    /// Jobs that run at once.
    concurrency: usize,
    about: &'static str,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        batch: 10,
        concurrency: 16,
        about: "batches of 10, as by default, and 16 jobs at once",
    },
    Setting { batch: 100, concurrency: 256, about: "batches of 100 and 256 jobs at once" },
    Setting { batch: 256, concurrency: 256, about: "batches of 256 and 256 jobs at once" },
    Setting { batch: 1024, concurrency: 1024, about: "batches of 1024 and 1024 jobs at once" },
];

pub(crate) async fn measure() -> Result<Measured> {
    let mut best: Option<(f64, Setting)> = None;
    for setting in SETTINGS {
        let pace = pace(setting).await?;
        eprintln!("apalis {}: {pace:.0} jobs/s", setting.about);
        if best.is_none_or(|(before, _)| pace > before) {
            best = Some((pace, setting));
        }
    }
    let (per_second, setting) = best.ok_or_else(|| anyhow!("nothing was measured"))?;
    let about = format!(
        "apalis 1.0 over SQLite in WAL mode with `synchronous=FULL`: native no-op jobs, 5,000 at a time, that wait in its table until they are fetched, run and acknowledged there, all of them counted there afterwards, {}: the best one of {} settings; its own setup would use `synchronous=OFF`",
        setting.about,
        SETTINGS.len()
    );
    Ok(Measured { name: "apalis_sqlite", per_second, about })
}

/// Jobs a second: tables full of them are worked off, one after the other.
async fn pace(setting: Setting) -> Result<f64> {
    let (mut jobs, mut elapsed) = (0.0, Duration::ZERO);
    while elapsed < MEASURE {
        elapsed += work_off(setting).await?;
        jobs += f64::from(JOBS);
    }
    Ok(jobs / elapsed.as_secs_f64())
}

/// How long it takes until a full table is empty.
async fn work_off(setting: Setting) -> Result<Duration> {
    let dir = tempfile::tempdir_in("target")?;
    let pool = database(dir.path()).await?;
    fill(&pool).await?;
    let config = Config::default().queue(QUEUE).batch_size(setting.batch);
    let storage = SqliteStorage::<u32>::new(&pool).with_config(config).poll_with_interval(POLL);
    let count = Arc::new(Count::default());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move {
        let _ = stopped.await;
        std::io::Result::Ok(())
    };
    let worker = WorkerBuilder::new("bench")
        .backend(storage)
        .data(count.clone())
        .concurrency(setting.concurrency)
        .parallelize(tokio::spawn)
        .build(noop);
    let start = Instant::now();
    let watched = async {
        count.all.notified().await;
        // The last ones are acknowledged after they were run.
        while done(&pool).await? < JOBS {
            tokio::time::sleep(POLL).await;
        }
        drop(stop);
        anyhow::Ok(start.elapsed())
    };
    let (ended, elapsed) = tokio::join!(worker.run_until(stopped), watched);
    ended.map_err(|reason| anyhow!("{reason}"))?;
    let run = count.jobs.load(Ordering::Relaxed);
    ensure!(run == JOBS, "{run} of {JOBS} jobs were run");
    pool.close().await;
    elapsed
}

/// Jobs that were run.
#[derive(Default)]
struct Count {
    jobs: AtomicU32,
    all: Notify,
}

/// Does nothing but be counted.
async fn noop(_job: u32, count: Data<Arc<Count>>) -> Result<(), BoxDynError> {
    if count.jobs.fetch_add(1, Ordering::Relaxed) + 1 == JOBS {
        count.all.notify_one();
    }
    Ok(())
}

/// A new database with its tables. Its setup leaves connections with `synchronous=OFF`
/// behind, so that they are closed, and those of the pool that is returned are set.
async fn database(dir: &Path) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(dir.join("jobs.sqlite"))
        .create_if_missing(true)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("busy_timeout", "5000");
    let setup = SqlitePool::connect_with(options.clone()).await?;
    SqliteStorage::setup(&setup).await?;
    setup.close().await;
    // One writes at a time, whatever their number.
    Ok(SqlitePoolOptions::new().max_connections(4).connect_with(options).await?)
}

/// Puts the jobs there, in one transaction.
async fn fill(pool: &SqlitePool) -> Result<()> {
    let mut transaction = pool.begin().await?;
    let jobs: Result<Vec<_>> =
        (0..JOBS).map(|job| Ok(TaskBuilder::new(serde_json::to_vec(&job)?).build())).collect();
    apalis_sqlite::queries::push_tasks(&mut *transaction, QUEUE, &jobs?).await?;
    transaction.commit().await?;
    Ok(())
}

/// Jobs that are done by its table.
async fn done(pool: &SqlitePool) -> Result<u32> {
    let sql = "SELECT count(*) FROM Jobs WHERE status = 'Done'";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(pool).await?;
    Ok(u32::try_from(count)?)
}
