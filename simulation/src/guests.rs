//! Guests whose doings are chance, and who know under which lease they run.

use std::{sync::Arc, time::Duration};

use horarium_core::{
    Executor,
    attempt::{Outcome, Usage},
    effects::Effects,
    executor::{Invocation, StopReason},
    verdict::Verdict,
};
use tokio::time::sleep;

use crate::{effects, world::World};

pub(crate) struct Guests(pub(crate) Arc<World>);

impl Executor for Guests {
    async fn execute(&self, invocation: Invocation) -> Outcome {
        let Invocation { spec, run_key, state, stop, .. } = invocation;
        let lease = self.0.ledger().begun(&run_key);
        let (succeeds, length, obeys) = self.0.guest();
        let mut effects = Effects::default();
        let work = async {
            effects = effects::of(&spec.name, state.as_ref()).await;
            sleep(length).await;
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
        Outcome { verdict, usage, plugin: None, effects: Arc::new(effects) }
    }
}
