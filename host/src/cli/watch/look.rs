//! Asking the host, again and again.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;
use tokio::{sync::mpsc, task::JoinHandle, time::MissedTickBehavior};

use super::view::{Answers, View};
use crate::client::Client;

/// How often.
const PERIOD: Duration = Duration::from_secs(1);

/// How long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Every so many looks what is due next is asked for: that takes the host a while.
const SELDOM: u64 = 5;

/// Looks at a host. Dropped, nobody looks any more.
pub(super) struct Looks {
    seen: mpsc::Receiver<Result<Box<View>, String>>,
    looking: JoinHandle<()>,
}

impl Looks {
    pub(super) fn begin(mut host: Client) -> Self {
        let (sender, seen) = mpsc::channel(1);
        let looking = tokio::spawn(async move {
            let mut looks = tokio::time::interval(PERIOD);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut seldom = Seldom::default();
            for count in 0_u64.. {
                looks.tick().await;
                let look = look(&mut host, count.is_multiple_of(SELDOM), &mut seldom);
                let look = tokio::time::timeout(PATIENCE, look).await;
                let seen = match look {
                    Ok(Ok(view)) => Ok(Box::new(view)),
                    Ok(Err(reason)) => Err(format!("{reason:#}")),
                    Err(_) => Err("the host does not answer".to_owned()),
                };
                let last = seen.is_err();
                if sender.send(seen).await.is_err() || last {
                    return;
                }
            }
        });
        Self { seen, looking }
    }

    /// What is seen next, or why nothing more will be.
    pub(super) async fn next(&mut self) -> Result<Box<View>, String> {
        let seen = self.seen.recv().await;
        seen.unwrap_or_else(|| Err("the host is not looked at any more".to_owned()))
    }
}

impl Drop for Looks {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// What is asked for seldom.
#[derive(Default)]
struct Seldom {
    due: Value,
    paused: Value,
}

async fn look(host: &mut Client, anew: bool, seldom: &mut Seldom) -> Result<View> {
    const FAILED: &str = "/api/v1/runs?limit=50&state=failed,timed_out,out_of_fuel,\
                          out_of_memory,trapped,lost,expired";
    let whole = host.get("/api/v1/host").await?;
    let numbers = host.get("/api/v1/statistics").await?;
    let failed = host.get(FAILED).await?;
    let open = host.get("/api/v1/alerts?open=true&limit=50").await?;
    if anew {
        seldom.due = host.get("/api/v1/next?limit=50").await?;
        seldom.paused = host.get("/api/v1/tasks?active=true&paused=true&limit=500").await?;
    }
    let Seldom { due, paused } = seldom;
    Ok(View::of(&Answers {
        host: &whole,
        numbers: &numbers,
        failed: &failed,
        open: &open,
        due,
        paused,
    }))
}
