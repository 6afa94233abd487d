//! What a plugin's author suggests for a task function, in the shape of a task's
//! own configuration.

use std::{path::Path, time::Duration};

use horarium_core::{
    function::TaskFunction,
    limits::{Fuel, LimitWishes},
    schedule::Schedule,
};

use super::{
    check,
    load::decode,
    problem::Problems,
    raw::{RawRetry, RawSchedule},
    table::table,
    values::Bytes,
    wishes::{LimitKeys, RetryWishes},
};

table! {
    /// What a plugin may suggest.
    RawSuggestions {
        /// When it is due.
        schedule: RawSchedule,
        /// Wall-clock time of an attempt.
        timeout: Duration,
        /// Computation of an attempt.
        fuel: Fuel,
        /// Memory of an attempt.
        memory: Bytes,
        /// How often a run is tried.
        retry: RawRetry,
    }
}

/// Suggestions that make sense.
#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    pub(crate) schedule: Option<Schedule>,
    pub(crate) limits: LimitWishes,
    pub(crate) retry: RetryWishes,
}

/// Reads a function's suggestions. A plugin whose suggestions make no sense has
/// none, and what is wrong with them.
pub(crate) fn of(function: &TaskFunction) -> Result<Suggestions, Problems> {
    let Some(defaults) = &function.defaults else { return Ok(Suggestions::default()) };
    let name = format!("suggestions of {}", function.name);
    let mut problems = Vec::new();
    let text = match toml::to_string(defaults) {
        Ok(text) => text,
        // JSON's null has no TOML.
        Err(reason) => format!("# {reason}\nnot = \"TOML\"\n"),
    };
    let raw: RawSuggestions = decode(&text, &mut problems).unwrap_or_default();
    let (schedule, retry) =
        check::suggested(raw.schedule.as_ref(), raw.retry.as_ref(), &mut problems);
    if !problems.is_empty() {
        return Err(Problems::new(Path::new(&name), &text, problems));
    }
    let keys = LimitKeys {
        timeout: raw.timeout.as_ref(),
        fuel: raw.fuel.as_ref(),
        memory: raw.memory.as_ref(),
        ..LimitKeys::default()
    };
    let limits = keys.wishes();
    Ok(Suggestions { schedule, limits, retry })
}
