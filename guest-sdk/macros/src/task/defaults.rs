//! Suggestions in the shape of a task's configuration on the host.

use super::options::{Fuel, Options};
use crate::json::Object;

/// A JSON object, or nothing where the author suggests nothing.
pub(super) fn to_json(options: &Options) -> Option<String> {
    let mut object = Object::default();
    if let Some(schedule) = &options.schedule {
        object = object.raw("schedule", &schedule.to_json());
    }
    if let Some(timeout) = &options.timeout {
        object = object.text("timeout", timeout);
    }
    object = match options.fuel {
        Some(Fuel::Units(units)) => object.raw("fuel", &units.to_string()),
        Some(Fuel::Unlimited) => object.text("fuel", "unlimited"),
        None => object,
    };
    if let Some(memory) = &options.memory {
        object = object.text("memory", memory);
    }
    if let Some(attempts) = options.max_attempts {
        let retry = Object::default().raw("max_attempts", &attempts.to_string());
        object = object.raw("retry", &retry.build());
    }
    (!object.is_empty()).then(|| object.build())
}
