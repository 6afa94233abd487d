//! Hands a note over to a service that is down at first. There is no such service:
//! the function counts attempts and pretends, to show what retries look like.

use std::{env, time::Duration};

use horarium_sdk::prelude::*;

/// How long the service is down.
#[args]
struct Outage {
    /// How many attempts of each run fail before one succeeds.
    fail_first: u32,
}

/// What the service would have acknowledged.
#[output]
struct Receipt {
    service: String,
    /// The same in every attempt of a run, so that a service which got the note in
    /// an attempt that seemed to fail would not take it twice.
    idempotency_key: String,
    attempts: u32,
}

/// Fails as long as the service is down, and then hands over.
#[task(every = "10s", timeout = "5s", max_attempts = 3)]
fn handover(context: &Context, outage: Outage) -> Result<Receipt, TaskError> {
    // The environment holds what the configuration grants, and nothing else.
    let service = env::var("SERVICE").unwrap_or_else(|_| "ledger.example".to_owned());
    let attempt = context.attempt();

    if attempt <= outage.fail_first {
        log::warn!("attempt {attempt} of {} does not get through", context.max_attempts());
        return Err(failure(attempt, &service));
    }
    log::info!("handed over to {service}");
    Ok(Receipt { service, idempotency_key: context.run_id().to_owned(), attempts: attempt })
}

/// First nobody answers; then somebody does, and asks for a moment.
fn failure(attempt: u32, service: &str) -> TaskError {
    match attempt {
        1 => TaskError::retry(format!("connect to {service}: connection refused")),
        _ => TaskError::retry_after(
            Duration::from_secs(1),
            format!("{service} answered 503 Service Unavailable, Retry-After: 1"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(attempt: u32, fail_first: u32) -> Result<Receipt, TaskError> {
        let context = Context::for_test("handover").run_id("run-7").attempt(attempt).build();
        handover(&context, Outage { fail_first })
    }

    #[test]
    fn it_fails_twice_and_then_succeeds() {
        let refused = attempt(1, 2).unwrap_err();
        assert!(matches!(refused, TaskError::Retry(_)), "{refused}");
        let busy = attempt(2, 2).unwrap_err();
        assert!(matches!(busy, TaskError::RetryAfter(wait, _) if wait.as_secs() == 1));

        let receipt = attempt(3, 2).unwrap();
        assert_eq!((receipt.attempts, receipt.idempotency_key.as_str()), (3, "run-7"));
    }

    #[test]
    fn a_service_may_be_up() {
        assert_eq!(attempt(1, 0).unwrap().attempts, 1);
    }
}
