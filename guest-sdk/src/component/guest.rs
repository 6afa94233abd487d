//! What the host calls.

use std::{
    io::{self, Write},
    sync::Once,
};

use super::{
    bindings::{
        exports::horarium::task::{
            guest::Guest,
            on_failure::{Decision, FailedAttempt, Guest as OnFailure},
        },
        horarium::task::types::{Context, Failure, TaskFunction},
    },
    logger, panics,
};
use crate::plugin;

/// The plugin that the component exports.
///
/// The table of task functions is filled by constructors. The generated exports
/// run them once for each instance, before they call what is below (see
/// `disable_run_ctors_once_workaround` of `wit-bindgen`, which has to stay off), so
/// nothing here has to.
pub(super) struct Plugin;

impl Guest for Plugin {
    fn functions() -> Vec<TaskFunction> {
        prepare();
        plugin::functions().into_iter().map(Into::into).collect()
    }

    fn run(context: Context, args: String) -> Result<Option<String>, Failure> {
        prepare();
        let outcome = plugin::run(&context.into(), &args).map_err(Into::into);
        // A last line without a line break is still in here, and belongs to this run.
        // Standard output is the log; where that can't be written to, nobody cares.
        let _ = io::stdout().flush();
        outcome
    }
}

impl OnFailure for Plugin {
    fn functions() -> Vec<String> {
        prepare();
        plugin::deciding()
    }

    fn decide(failed: FailedAttempt) -> Decision {
        prepare();
        let decision = plugin::decide(&failed.into()).into();
        let _ = io::stdout().flush();
        decision
    }
}

/// Connects logging and panics to the host, once for each instance.
fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        panics::report_to_host();
        logger::install();
    });
}
