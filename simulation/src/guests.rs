//! Guests whose doings are chance, and who know under which lease they run.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor,
    attempt::{Lease, Outcome, Usage},
    effects::Effects,
    executor::{Invocation, StopReason},
    verdict::Verdict,
};
use tokio::time::sleep;

use crate::{effects, tasks, world::World};

pub(crate) struct Guests(pub(crate) Arc<World>);

impl Executor for Guests {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let Invocation { spec, run_key, state, checkpoints, stop, .. } = invocation;
        let Lease { run, number: lease } = self.0.ledger().begun(&run_key);
        let (succeeds, length, obeys) = self.0.guest();
        let mut effects = Effects::default();
        let work = async {
            effects = effects::of(&spec.name, state.as_ref()).await;
            let hands_on = tasks::hands_on(&spec.name);
            if hands_on && let Ok(found) = checkpoints.load().await {
                self.0.ledger().loaded(run, found.as_deref());
            }
            sleep(length).await;
            if hands_on {
                // Whether it was durable, the ledger knows.
                let _ = checkpoints.save(lease.to_string().into_bytes()).await;
            }
            match succeeds {
                true => Verdict::Succeeded { output: Some(lease.to_string()) },
                false => Verdict::failed(lease.to_string()),
            }
        };
        let verdict = tokio::select! {
            biased;
            verdict = work => verdict,
            reason = stop => {
                sleep(obeys).await;
                match reason {
                    StopReason::Cancel => Verdict::Cancelled,
                    StopReason::Shutdown => Verdict::Interrupted,
                }
            }
        };
        let usage = Usage { wall: length.max(Duration::from_micros(1)), ..Usage::default() };
        // Of a failure, too: it is the store that has to mind.
        Outcome { usage, effects: Arc::new(effects), ..Outcome::before_start(verdict) }
    }
}
