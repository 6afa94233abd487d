//! A failure that is nobody's fault but the configuration's.

use horarium_sdk::prelude::*;

/// Fails for good, so that there is no second attempt.
#[task(every = "8s", offset = "4s", timeout = "5s", max_attempts = 2)]
fn refuse(context: &Context) -> Result<(), TaskError> {
    log::info!("attempt {} of {}", context.attempt(), context.max_attempts());
    Err(TaskError::permanent("the account that this reports on was closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_tried_again() {
        let error = refuse(&Context::for_test("refuse").build()).unwrap_err();
        assert!(matches!(error, TaskError::Permanent(_)));
    }
}
