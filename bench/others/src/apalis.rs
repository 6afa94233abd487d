//! apalis over SQLite: jobs that wait in a table, and are fetched, run and acknowledged.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ::apalis::prelude::*;
use anyhow::{Result, anyhow, ensure};
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};

use crate::Measured;

const QUEUE: &str = "noop";
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURE: Duration = Duration::from_secs(8);

/// Jobs that wait: more than are done in the time.
const JOBS: u32 = 200_000;

/// A way to set it up.
#[derive(Clone, Copy)]
struct Setting {
    /// Jobs that are fetched at once.
    batch: usize,
    /// Jobs that run at once.
    concurrency: usize,
    /// Whether each runs as a task of its own, on any of the cores.
    spawned: bool,
    about: &'static str,
}

const SETTINGS: [Setting; 2] = [
    Setting {
        batch: 10,
        concurrency: 16,
        spawned: false,
        about: "with its own defaults, batches of 10, and 16 jobs at once",
    },
    Setting {
        batch: 256,
        concurrency: 256,
        spawned: true,
        about: "with batches of 256, 256 jobs at once, and each spawned on either core",
    },
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
        "apalis 1.0 over SQLite in WAL mode with `synchronous=FULL`: native no-op jobs that wait in its table, fetched, run and acknowledged there, and counted there afterwards, {}: the better one of {} settings; its own setup would use `synchronous=OFF`",
        setting.about,
        SETTINGS.len()
    );
    Ok(Measured { name: "apalis_sqlite", per_second, about })
}

async fn pace(setting: Setting) -> Result<f64> {
    let dir = tempfile::tempdir_in("target")?;
    let pool = database(dir.path()).await?;
    fill(&pool).await?;
    let config = Config::default().queue(QUEUE).batch_size(setting.batch);
    let storage = SqliteStorage::<u32>::new(&pool).with_config(config);
    let count = Arc::new(AtomicU64::new(0));
    let builder = WorkerBuilder::new("bench").backend(storage).data(count.clone());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async move {
        let _ = stopped.await;
        std::io::Result::Ok(())
    };
    let builder = builder.concurrency(setting.concurrency);
    let watched = async {
        let watched = watch(&pool).await;
        drop(stop);
        watched
    };
    let (ended, watched) = if setting.spawned {
        let worker = builder.parallelize(tokio::spawn).build(noop);
        tokio::join!(worker.run_until(stopped), watched)
    } else {
        let worker = builder.build(noop);
        tokio::join!(worker.run_until(stopped), watched)
    };
    ended.map_err(|reason| anyhow!("{reason}"))?;
    let (pace, after) = watched?;
    ensure!(after < u64::from(JOBS), "all jobs were done before the time was over");
    ensure!(after <= count.load(Ordering::Relaxed), "more is acknowledged than was run");
    pool.close().await;
    Ok(pace)
}

/// Jobs that are done in a second, by its table, and how many were in the end.
async fn watch(pool: &SqlitePool) -> Result<(f64, u64)> {
    tokio::time::sleep(WARM_UP).await;
    let (before, start) = (done(pool).await?, Instant::now());
    tokio::time::sleep(MEASURE).await;
    let (after, elapsed) = (done(pool).await?, start.elapsed());
    Ok(((after - before) as f64 / elapsed.as_secs_f64(), after))
}

/// Does nothing but be counted.
async fn noop(_job: u32, count: Data<Arc<AtomicU64>>) -> Result<(), BoxDynError> {
    count.fetch_add(1, Ordering::Relaxed);
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

/// Puts the jobs there, in large transactions.
async fn fill(pool: &SqlitePool) -> Result<()> {
    let mut transaction = pool.begin().await?;
    for start in (0..JOBS).step_by(10_000) {
        let jobs: Result<Vec<_>> = (start..start + 10_000)
            .map(|job| Ok(TaskBuilder::new(serde_json::to_vec(&job)?).build()))
            .collect();
        apalis_sqlite::queries::push_tasks(&mut *transaction, QUEUE, &jobs?).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Jobs that are done by its table.
async fn done(pool: &SqlitePool) -> Result<u64> {
    let sql = "SELECT count(*) FROM Jobs WHERE status = 'Done'";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(pool).await?;
    Ok(u64::try_from(count)?)
}
