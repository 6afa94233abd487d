//! Calling an exported function: resources are made, the function is called, what
//! it returns becomes JSON, and every resource is dropped again.

use horarium_core::{
    limits::Limits,
    redact::Redactor,
    text,
    verdict::{Failure, FailureKind},
};
use serde_json::Value;
use wasmtime::{
    Store,
    component::{ComponentExportIndex, Instance, ResourceAny, Val},
};

use super::{
    Answer,
    arguments::{Handles, values},
    output::{Output, Unwritten},
    shape::{Field, Resource, Shape},
    signature::Signature,
};
use crate::{end::MESSAGE, state::State};

/// Bytes of the host's that a result may come to, for each byte of output: a value
/// takes 32 bytes, and a number with its comma rarely less than four characters.
const PER_BYTE: u64 = 8;

/// A call into a component that knows nothing of tasks.
pub(crate) struct Call<'a> {
    pub(crate) index: ComponentExportIndex,
    pub(crate) signature: &'a Signature,
    /// The arguments, JSON.
    pub(crate) args: &'a str,
    pub(crate) limits: &'a Limits,
}

impl Call<'_> {
    /// Makes the call in this instance.
    pub(crate) async fn run(
        self,
        instance: Instance,
        store: &mut Store<State>,
    ) -> wasmtime::Result<Answer> {
        match self.perform(instance, store).await {
            Ok(output) => Ok(Ok(output)),
            Err(Stop::Failed(failure)) => Ok(Err(failure)),
            Err(Stop::Broke(error)) => Err(error),
        }
    }

    async fn perform(
        self,
        instance: Instance,
        store: &mut Store<State>,
    ) -> Result<Option<String>, Stop> {
        let args: Value = serde_json::from_str(self.args).map_err(|reason| unfit(&reason))?;
        let limits = self.limits;
        // For the whole call: nobody is asked between the function's end and the lifting
        // of what it returned. So what it hands to the host has as much.
        let transfer =
            limits.output.saturating_mul(PER_BYTE).saturating_add(limits.bounds.host_call);
        store.set_hostcall_fuel(usize::try_from(transfer).unwrap_or(usize::MAX));
        let mut caller = Caller { instance, store, kept: Vec::new() };
        let params = caller.arguments(&self.signature.params, &args).await?;
        let shape = self.signature.result.as_ref();
        let result = caller.call(self.index, &params, shape.is_some()).await?;
        let mut output = Output::new(usize::try_from(limits.output).unwrap_or(usize::MAX));
        let redactor = caller.store.data().capture.redactor();
        let written = success(&mut output, shape, result.as_ref(), redactor);
        caller.kept.append(&mut output.resources);
        caller.drop_resources().await?;
        Ok(written?.then(|| output.into_text()))
    }
}

/// Why a call has no output.
enum Stop {
    /// It failed, in the function's own words or in the host's.
    Failed(Failure),
    /// It did not return.
    Broke(wasmtime::Error),
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Broke(error)
    }
}

fn unfit(reason: &dyn std::fmt::Display) -> Stop {
    let message = format!("its arguments don't fit: {}", text::escape(&reason.to_string()));
    Stop::Failed(Failure { kind: FailureKind::Permanent, message })
}

struct Caller<'a> {
    instance: Instance,
    store: &'a mut Store<State>,
    /// Resources that are the host's to drop.
    kept: Vec<ResourceAny>,
}

impl Caller<'_> {
    /// Turns JSON into arguments, and makes the resources among them.
    async fn arguments(&mut self, params: &[Field], args: &Value) -> Result<Vec<Val>, Stop> {
        let mut handles = Handles::Wanted(Vec::new());
        let vals = values(params, args, &mut handles).map_err(|misfit| unfit(&misfit))?;
        let wanted = match handles {
            Handles::Wanted(wanted) if !wanted.is_empty() => wanted,
            _ => return Ok(vals),
        };
        let mut made = Vec::with_capacity(wanted.len());
        for (resource, args) in wanted {
            // Boxed: what makes a resource may take resources itself.
            let handle = Box::pin(self.make(resource, args)).await?;
            if resource.borrowed {
                self.kept.push(handle);
            }
            made.push(handle);
        }
        values(params, args, &mut Handles::Made(made.into_iter())).map_err(|misfit| unfit(&misfit))
    }

    async fn make(&mut self, resource: &Resource, args: &Value) -> Result<ResourceAny, Stop> {
        let Some(constructor) = &resource.constructor else {
            return Err(unfit(&format!("nobody can make a `{}`", resource.name)));
        };
        let params = self.arguments(&constructor.params, args).await?;
        match self.call(constructor.index, &params, true).await? {
            Some(Val::Resource(handle)) => Ok(handle),
            Some(Val::Result(Ok(Some(handle)))) => match *handle {
                Val::Resource(handle) => Ok(handle),
                _ => Err(not_of_its_type()),
            },
            Some(Val::Result(Err(error))) => {
                let shape = constructor.result.err();
                let redactor = self.store.data().capture.redactor();
                let reason = described(shape, error.as_deref(), redactor);
                Err(failed(format!("no `{}` could be made: {reason}", resource.name)))
            }
            _ => Err(not_of_its_type()),
        }
    }

    async fn call(
        &mut self,
        index: ComponentExportIndex,
        params: &[Val],
        returns: bool,
    ) -> Result<Option<Val>, Stop> {
        let func = self.instance.get_func(&mut *self.store, index);
        let func = func.ok_or_else(|| wasmtime::Error::msg("the function is not there"))?;
        let mut results = vec![Val::Bool(false); usize::from(returns)];
        func.call_async(&mut *self.store, params, &mut results).await?;
        Ok(results.pop())
    }

    /// Destructors are guest code: they run within the same limits, and their traps count.
    async fn drop_resources(&mut self) -> Result<(), Stop> {
        while let Some(resource) = self.kept.pop() {
            resource.resource_drop_async(&mut *self.store).await?;
        }
        Ok(())
    }
}

/// Writes what a function returned; says whether there is anything to say.
fn success(
    output: &mut Output,
    shape: Option<&Shape>,
    value: Option<&Val>,
    redactor: &Redactor,
) -> Result<bool, Stop> {
    let (shape, value) = match (shape, value) {
        (None, None) => return Ok(false),
        (Some(Shape::Result { ok, .. }), Some(Val::Result(Ok(value)))) => {
            match (ok.as_deref(), value.as_deref()) {
                (None, None) => return Ok(false),
                (Some(shape), Some(value)) => (shape, value),
                _ => return Err(not_of_its_type()),
            }
        }
        (Some(shape @ Shape::Result { .. }), Some(Val::Result(Err(error)))) => {
            return Err(failed(described(shape.err(), error.as_deref(), redactor)));
        }
        (Some(shape), Some(value)) => (shape, value),
        _ => return Err(not_of_its_type()),
    };
    match output.value(shape, value) {
        Ok(()) => Ok(true),
        Err(Unwritten::TooLong) => {
            let message =
                format!("its output is longer than its limit of {} bytes", output.longest);
            Err(Stop::Failed(Failure { kind: FailureKind::Permanent, message }))
        }
        Err(Unwritten::Mismatch) => Err(not_of_its_type()),
    }
}

/// A function's own error, for people. It is cut for good where it has no secrets any
/// more.
fn described(shape: Option<&Shape>, error: Option<&Val>, redactor: &Redactor) -> String {
    match (shape, error) {
        (_, Some(Val::String(message))) => message.clone(),
        (Some(shape), Some(error)) => {
            let mut output = Output::new(MESSAGE.saturating_add(redactor.margin()));
            match output.value(shape, error) {
                Ok(()) => output.into_text(),
                // As much of it as fits, and nothing that may be half a secret.
                Err(_) => redactor.redact_cut(&output.into_text()).into_owned(),
            }
        }
        _ => "it returned an error".to_owned(),
    }
}

fn failed(message: String) -> Stop {
    Stop::Failed(Failure { kind: FailureKind::Retry, message })
}

/// Of the host's own making: wasmtime checks values against their types.
fn not_of_its_type() -> Stop {
    Stop::Broke(wasmtime::Error::msg("a value is not of its type"))
}
