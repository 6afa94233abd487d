//! A host that is killed at random moments, started again, and held to its
//! promise: no instant has two runs, nothing that it told is lost, every run
//! comes to its end, and what successes bring with them is there once for each.

mod audit;
#[cfg(test)]
mod doctored;
mod effects;
mod plan;
mod witness;

use std::{fmt, thread, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value;

use self::witness::Witness;
use crate::{Serving, Workspace, dice::Dice, history::History};

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// How often the host is killed.
    pub kills: u32,
    /// Decides when.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    trial: Trial,
    tally: audit::Tally,
    /// Everything that contradicts the promise, in words.
    pub broken: Vec<String>,
}

impl Trial {
    /// Kills and audits. `progress` hears how many kills there were and how many
    /// events were told so far.
    ///
    /// # Errors
    /// Where the history can't be read in the end.
    ///
    /// # Panics
    /// Where a host hangs, panics, or does not end well when it is asked to.
    pub fn run(self, progress: impl FnMut(u32, usize)) -> Result<Report> {
        self.run_on(&Trial::workspace(), |host| host.kill().0, progress)
    }

    /// What [`run`](Self::run) uses, for whoever has another end for its hosts.
    #[must_use]
    pub fn workspace() -> Workspace {
        let workspace = Workspace::new(plan::CONFIG);
        workspace.add_plugin("sdk-probe", "tests/sdk-probe");
        workspace
    }

    /// The same with another end than `kill -9`, which returns all that was told before
    /// it.
    ///
    /// # Errors
    /// Where the history can't be read in the end.
    ///
    /// # Panics
    /// Where a host hangs, panics, or does not end well when it is asked to.
    pub fn run_on(
        self,
        workspace: &Workspace,
        mut end: impl FnMut(Serving) -> Vec<Value>,
        mut progress: impl FnMut(u32, usize),
    ) -> Result<Report> {
        let mut dice = Dice::new(self.seed);
        let mut witness = Witness::default();
        for kill in 1..=self.kills {
            let mut host = workspace.serve(&[]);
            host.listen(life(&mut dice));
            if dice.below(8) == 0 {
                // In the midst of ending by itself.
                host.terminate();
                host.listen(Duration::from_millis(dice.below(200)));
            }
            let told = end(host);
            thread::sleep(gap(&mut dice));
            witness.hear(&told);
            progress(kill, witness.heard());
        }
        last_round(workspace, &mut witness);
        let history = History::read(&workspace.path("data")).context("after the last round")?;
        let (tally, broken) = audit::audit(&history, &witness);
        Ok(Report { trial: self, tally, broken })
    }
}

/// How long a host may live: sometimes not even until it is up.
fn life(dice: &mut Dice) -> Duration {
    let early = dice.below(10) < 3;
    Duration::from_millis(if early { dice.below(300) } else { 300 + dice.below(2_200) })
}

/// How long there is no host: mostly not at all, sometimes beyond some instants.
fn gap(dice: &mut Dice) -> Duration {
    let long = dice.below(5) == 0;
    Duration::from_millis(if long { dice.below(1_500) } else { 0 })
}

/// One host that is left alone until every task has come to an end in it, and
/// that then ends as it should.
fn last_round(workspace: &Workspace, witness: &mut Witness) {
    let mut host = workspace.serve(&[]);
    let mut ends = plan::RECURRING.to_vec();
    if !witness.saw_success_of(plan::ONCE) {
        ends.push(plan::ONCE);
    }
    host.all_over(&ends);
    let (told, ran) = host.stop_and_tell();
    witness.hear(&told);
    let _ = ran.succeeded();
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trial { kills, seed } = self.trial;
        write!(f, "{kills} kills, seed {seed}: {}; ", self.tally)?;
        match self.broken.len() {
            0 => f.write_str("every promise held"),
            wrong => write!(f, "{wrong} PROMISES BROKEN"),
        }
    }
}
