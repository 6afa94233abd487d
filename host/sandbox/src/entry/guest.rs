//! Plugins that export `horarium:task/guest`.

use std::time::Duration;

use horarium_core::verdict::{Failure, FailureKind};
use wasmtime::Store;

use super::Answer;
use crate::{
    bindings::{Plugin, PluginPre, horarium::task::types},
    state::State,
};

/// Asks a plugin for its task functions.
pub(crate) async fn functions(
    pre: &PluginPre<State>,
    store: &mut Store<State>,
) -> wasmtime::Result<Vec<types::TaskFunction>> {
    let guest = pre.instantiate_async(&mut *store).await?;
    guest.horarium_task_guest().call_functions(store).await
}

/// Runs one of them.
pub(super) async fn run(
    guest: &Plugin,
    store: &mut Store<State>,
    context: &types::Context,
    args: &str,
) -> wasmtime::Result<Answer> {
    let answer = guest.horarium_task_guest().call_run(store, context, args).await?;
    Ok(answer.map_err(failure))
}

fn failure(failure: types::Failure) -> Failure {
    let kind = match failure.kind {
        types::FailureKind::Retry => FailureKind::Retry,
        types::FailureKind::RetryAfter(us) => FailureKind::RetryAfter(Duration::from_micros(us)),
        types::FailureKind::Permanent => FailureKind::Permanent,
    };
    Failure { kind, message: failure.message }
}
