//! A store that fails is asked again until it does what it is asked to: what
//! happened has happened, and is not forgotten because a disk is full.

use std::time::Duration;

use horarium_core::{Executor, Store, store::StoreError};

use crate::shared::{Phase, Shared};

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// Asks until it is done.
pub(crate) async fn until_done<S, X, T, F>(shared: &Shared<S, X>, ask: impl FnMut() -> F) -> T
where
    S: Store,
    X: Executor,
    F: Future<Output = Result<T, StoreError>>,
{
    loop_until(shared, ask, || false).await.expect("nothing but an answer ends this loop")
}

/// Asks until it is done, or until it has failed once and the engine drains.
pub(crate) async fn until_done_or_draining<S, X, T, F>(
    shared: &Shared<S, X>,
    ask: impl FnMut() -> F,
) -> Option<T>
where
    S: Store,
    X: Executor,
    F: Future<Output = Result<T, StoreError>>,
{
    loop_until(shared, ask, || shared.phase() >= Phase::Draining).await
}

async fn loop_until<S, X, T, F>(
    shared: &Shared<S, X>,
    mut ask: impl FnMut() -> F,
    give_up: impl Fn() -> bool,
) -> Option<T>
where
    S: Store,
    X: Executor,
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = FIRST;
    let mut waiting = shared.troubles.waiting();
    loop {
        match ask().await {
            Ok(done) => {
                waiting.done();
                return Some(done);
            }
            Err(error) => {
                waiting.meet(error);
                if give_up() {
                    return None;
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
        }
    }
}
