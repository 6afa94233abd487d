//! Whether somebody knows how runs stand that the history has as running. Where their host
//! has ended they are what they were until the next one decides what becomes of them, and
//! every verb says that nobody knows.

use std::{io, path::Path};

use horarium_core::{
    run::RunState,
    store::{AttemptView, RunView, WaitsFor},
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{api::socket, output};

/// Said of a run of which nobody knows how it stands.
const FATE: &str = "was running when its host ended";

/// Its state.
const UNKNOWN: &str = "unknown";

/// Who knows how a run stands that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Witness {
    /// The host that runs it.
    Host,
    /// Nobody: no host writes to the history that is read.
    Nobody,
}

/// A run for programs.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Told<'r> {
    AsItIs(&'r RunView),
    Unknown(Value),
}

impl Witness {
    /// That of a data directory's history. Where it can't be seen whether there is a host,
    /// there may be one.
    pub(super) async fn of(data_dir: &Path) -> Self {
        match socket::connect(data_dir).await.map_err(|reason| reason.kind()) {
            Err(io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => Self::Nobody,
            Ok(_) | Err(_) => Self::Host,
        }
    }

    /// Whether a run is in the state that it is said to be in.
    pub(super) fn vouches_for(self, run: &RunView) -> bool {
        run.state != RunState::Running || self == Self::Host && !run.is_abandoned()
    }

    /// A run's state with its sign.
    pub(super) fn state(self, run: &RunView) -> String {
        match self.vouches_for(run) {
            true => output::state(run.state),
            false => format!("? {UNKNOWN}"),
        }
    }

    /// How an attempt of a run went, or that it goes on.
    pub(super) fn verdict(self, attempt: &AttemptView, run: &RunView) -> &'static str {
        match attempt.verdict {
            Some(verdict) => verdict.as_str(),
            None if self.vouches_for(run) => RunState::Running.as_str(),
            None => UNKNOWN,
        }
    }

    /// An attempt of a run for programs.
    pub(super) fn told_of(self, attempt: &AttemptView, run: &RunView) -> Value {
        let mut told = json!(attempt);
        if attempt.verdict.is_none() && !self.vouches_for(run) {
            told["verdict"] = UNKNOWN.into();
        }
        told
    }

    /// What is known of a run that is in no state that anybody vouches for.
    pub(super) fn fate(self, run: &RunView) -> String {
        match run.is_abandoned() {
            true => format!("{FATE}; {}", output::waits(WaitsFor::Configuration)),
            false => FATE.to_owned(),
        }
    }

    /// A run for programs.
    pub(super) fn told(self, run: &RunView) -> Told<'_> {
        if self.vouches_for(run) {
            return Told::AsItIs(run);
        }
        let mut told = json!(run);
        told["state"] = UNKNOWN.into();
        Told::Unknown(told)
    }
}
