//! Suggested configurations of every kind.

use horarium_sdk::prelude::*;

/// Suggests an interval and all limits.
#[task(
    every = "30s",
    offset = "5s",
    timeout = "1m30s",
    fuel = 1_000_000,
    memory = "64MiB",
    max_attempts = 3
)]
fn at_intervals() {}

/// Suggests a calendar.
#[task(cron = "0 */5 * * * *", timezone = "Europe/Paris")]
fn by_calendar() {}

/// Suggests to run again and again.
#[task(continuous, pause = "30s", fuel = "unlimited")]
fn without_end() {}

/// Suggests to run a single time.
#[task(once)]
fn a_single_time() {}

/// Suggests an instant.
#[task(at = "2026-12-01T03:00:00Z")]
fn at_an_instant() {}

/// Suggests to wait for somebody.
#[task(manual)]
fn on_demand() {}

#[cfg(test)]
mod tests {
    use horarium_sdk::{
        plugin,
        serde_json::{Value, json},
    };

    fn defaults(name: &str) -> Value {
        let functions = plugin::functions();
        let function = functions.iter().find(|function| function.name == name);
        let defaults = function.and_then(|function| function.defaults.as_deref());
        defaults.map_or(Value::Null, |json| json.parse().unwrap())
    }

    #[test]
    fn suggestions_are_configuration() {
        assert_eq!(
            defaults("at_intervals"),
            json!({
                "schedule": { "every": "30s", "offset": "5s" },
                "timeout": "1m30s",
                "fuel": 1_000_000,
                "memory": "64MiB",
                "retry": { "max_attempts": 3 },
            })
        );
        assert_eq!(
            defaults("without_end"),
            json!({ "schedule": { "continuous": true, "pause": "30s" }, "fuel": "unlimited" })
        );
        assert_eq!(defaults("nothing"), Value::Null);
    }
}
