//! Guests whose doings are chance, and who know under which lease they run.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor,
    attempt::{Outcome, Usage},
    executor::{Invocation, StopReason},
    verdict::Verdict,
};
use tokio::time::sleep;

use crate::world::World;

pub(crate) struct Guests(pub(crate) Arc<World>);

impl Executor for Guests {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let lease = self.0.ledger().begun(&invocation.run_key);
        let (succeeds, length, obeys) = self.0.guest();
        let work = async {
            sleep(length).await;
            match succeeds {
                true => Verdict::Succeeded { output: Some(lease.to_string()) },
                false => Verdict::failed(lease.to_string()),
            }
        };
        let verdict = tokio::select! {
            biased;
            verdict = work => verdict,
            reason = invocation.stop => {
                sleep(obeys).await;
                match reason {
                    StopReason::Cancel => Verdict::Cancelled,
                    StopReason::Shutdown => Verdict::Interrupted,
                }
            }
        };
        let usage = Usage { wall: length.max(Duration::from_micros(1)), ..Usage::default() };
        Outcome { verdict, usage, plugin: None, effects: Arc::default() }
    }
}
