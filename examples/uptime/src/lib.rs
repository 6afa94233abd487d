//! Asks services whether they are up, and fails where one is not.

use std::time::{Duration, Instant};

use horarium_sdk::{http, prelude::*};

/// Whom to ask.
#[args]
struct Round {
    /// A page of each service. The task's grants have to admit them.
    urls: Vec<String>,
}

/// What a service had to say.
#[output]
struct Service {
    url: String,
    status: u16,
    took_ms: u128,
}

/// Asks each service for a page. A service that is down is asked again by the task's
/// retry policy, together with all others.
#[task(every = "5m", timeout = "1m", max_attempts = 2)]
fn uptime(context: &Context, round: Round) -> Result<Vec<Service>> {
    let mut up = Vec::new();
    let mut down = None;
    for url in &round.urls {
        context.progress(share(up.len(), round.urls.len()), url);
        match ask(url) {
            Ok(service) => up.push(service),
            Err(error) => {
                log::warn!("{error}");
                down.get_or_insert(error);
            }
        }
    }
    match down {
        // Whether another attempt makes sense, the error itself knows.
        Some(error) => Err(error).context(format!("{} of {} are up", up.len(), round.urls.len())),
        None => Ok(up),
    }
}

fn ask(url: &str) -> Result<Service, http::Error> {
    let start = Instant::now();
    let response = http::head(url).timeout(Duration::from_secs(10)).send()?.error_for_status()?;
    let took_ms = start.elapsed().as_millis();
    Ok(Service { url: response.url().to_owned(), status: response.status(), took_ms })
}

fn share(part: usize, whole: usize) -> f32 {
    // Nobody asks so many services that a fraction of them can't be told.
    let count = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    count(part) / count(whole.max(1))
}

#[cfg(test)]
mod tests {
    use horarium_sdk::plugin::{Failure, FailureKind};

    use super::*;

    /// A round at which the second service answers with this status.
    fn round(status: u16) -> Result<Vec<Service>> {
        let context = Context::for_test("uptime")
            .http(move |request| {
                assert_eq!(request.method(), "HEAD");
                let fine = request.url().starts_with("https://one.example");
                http::Response::new(if fine { 200 } else { status })
            })
            .build();
        let urls = ["https://one.example/", "https://two.example/"].map(str::to_owned);
        uptime(&context, Round { urls: urls.to_vec() })
    }

    #[test]
    fn services_that_are_up_are_listed() {
        let services = round(204).unwrap();
        let seen: Vec<_> = services.iter().map(|service| (&*service.url, service.status)).collect();
        assert_eq!(seen, [("https://one.example/", 200), ("https://two.example/", 204)]);
    }

    #[test]
    fn a_service_that_is_down_is_asked_again_and_one_that_is_gone_is_not() {
        let down = Failure::from(round(503).unwrap_err());
        assert_eq!(down.kind, FailureKind::Retry);
        assert!(
            down.message.starts_with("1 of 2 are up: HEAD https://two.example/: 503"),
            "{down}"
        );
        assert_eq!(Failure::from(round(410).unwrap_err()).kind, FailureKind::Permanent);
    }
}
