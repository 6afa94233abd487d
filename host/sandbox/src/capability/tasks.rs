//! `horarium:task/tasks`: starting runs of other tasks. What is asked for is kept aside
//! until the attempt has succeeded.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use horarium_core::{
    effects::{Spawn, When},
    executor::{NoState, StateSource},
    grants::TaskGrant,
    name::TaskName,
    redact::Redactor,
    store::Refusal,
};
use jiff::Timestamp;
use wasmtime::component::{HasSelf, Linker};

use crate::{bindings::horarium::task::tasks, json, state::State};

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    tasks::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// What an attempt wants to start.
pub(crate) struct Starts {
    grants: Vec<TaskGrant>,
    source: Arc<dyn StateSource>,
    /// How many runs of which task.
    counts: BTreeMap<TaskName, u32>,
    spawns: Vec<Spawn>,
    /// Bytes that the host's memory holds for these.
    size: u64,
}

impl Starts {
    pub(crate) fn new(grants: Vec<TaskGrant>, source: Arc<dyn StateSource>) -> Self {
        Self { grants, source, counts: BTreeMap::new(), spawns: Vec::new(), size: 0 }
    }

    /// Nothing at all.
    pub(crate) fn none() -> Self {
        Self::new(Vec::new(), Arc::new(NoState))
    }

    /// What is to be started with the attempt's success.
    pub(crate) fn take(&mut self) -> Vec<Spawn> {
        std::mem::take(&mut self.spawns)
    }

    /// Bytes that the host's memory holds for them.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The run that is meant, if it may be started. Its arguments are part of the history
    /// and shown to people: they hold no secrets, as outputs do not.
    async fn granted(&self, request: tasks::Request, redactor: &Redactor) -> Answer<Spawn> {
        let tasks::Request { task, args, key, moment } = request;
        let grant = self.grants.iter().find(|grant| grant.task.as_str() == task);
        let Some(grant) = grant else {
            return Err(tasks::Error::NotGranted(
                "there is no grant to start this task: `grants.tasks`".to_owned(),
            ));
        };
        let args = args.map(|args| checked_args(args, redactor)).transpose()?;
        let key = key.map(|key| checked_key(&key, redactor)).transpose()?;
        match self.counts.get(&grant.task) {
            Some(count) if *count >= grant.limit => {
                return Err(tasks::Error::TooMuch(format!(
                    "it starts {count} runs of `{task}` already, which is the limit (`limit` in \
                     `grants.tasks`)"
                )));
            }
            Some(_) => {}
            // Once is enough for all: whether it holds in the end, the store says.
            None => self.check(&grant.task).await?,
        }
        Ok(Spawn { task: grant.task.clone(), args, key, when: when(moment)?, limit: grant.limit })
    }

    /// Whether anything of a task starts at all.
    async fn check(&self, task: &TaskName) -> Answer<()> {
        match self.source.refusal(task.clone()).await {
            Ok(None) => Ok(()),
            Ok(Some(Refusal::Unknown)) => Err(tasks::Error::Refused(format!(
                "`{task}` can't run: it is not in the configuration, or its plugin is not there"
            ))),
            Ok(Some(refusal)) => Err(tasks::Error::Refused(format!("`{task}`: {refusal}"))),
            // What the store's trouble looks like is nobody's business here.
            Err(_) => {
                Err(tasks::Error::Unavailable("the host can't read its store now".to_owned()))
            }
        }
    }

    fn add(&mut self, spawn: Spawn) {
        self.size = self.size.saturating_add(spawn.size());
        *self.counts.entry(spawn.task.clone()).or_default() += 1;
        self.spawns.push(spawn);
    }
}

/// What a guest's call comes to: an answer, or an error that it hears of.
type Answer<T> = Result<T, tasks::Error>;

fn checked_args(args: String, redactor: &Redactor) -> Answer<String> {
    if args.len() > Spawn::ARGS {
        return Err(tasks::Error::TooMuch(format!(
            "the arguments of a run have {} bytes where the limit is {}",
            args.len(),
            Spawn::ARGS
        )));
    }
    let invalid =
        |reason| tasks::Error::Invalid(format!("the arguments of a run are not JSON: {reason}"));
    json::check(&args).map_err(invalid)?;
    match redactor.redact_json(&args).map_err(invalid)? {
        Cow::Borrowed(_) => Ok(args),
        Cow::Owned(redacted) => Ok(redacted),
    }
}

fn checked_key(key: &str, redactor: &Redactor) -> Answer<String> {
    let reason = match key.chars().find(|character| character.is_control()) {
        _ if key.is_empty() => "a run's key can't be empty".to_owned(),
        _ if key.len() > Spawn::KEY => {
            format!("a run's key has at most {} bytes, this one has {}", Spawn::KEY, key.len())
        }
        Some(control) => {
            format!("a run's key has no control characters, this one has {control:?}")
        }
        None => return Ok(redactor.redact(key).into_owned()),
    };
    Err(tasks::Error::Invalid(reason))
}

fn when(moment: tasks::Moment) -> Answer<When> {
    Ok(match moment {
        tasks::Moment::Now => When::Now,
        tasks::Moment::After(micros) => When::After(Duration::from_micros(micros)),
        tasks::Moment::At(micros) => {
            When::At(Timestamp::from_microsecond(micros).map_err(|_| {
                tasks::Error::Invalid("a run can't begin before or after all time".to_owned())
            })?)
        }
    })
}

impl tasks::Host for State {
    async fn start(&mut self, request: tasks::Request) -> Answer<()> {
        let redactor = self.capture.redactor().clone();
        let spawn = self.starts.granted(request, &redactor).await?;
        if !self.hold(spawn.size()) {
            let limit = self.memory.limit();
            return Err(tasks::Error::TooMuch(format!(
                "what it is to start does not fit into its memory of {limit} bytes beside what is \
                 there (`memory`)"
            )));
        }
        self.starts.add(spawn);
        Ok(())
    }
}
