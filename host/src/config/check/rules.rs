//! How a task's fires become runs, and how these go on.

use std::{num::NonZeroU32, time::Duration};

use horarium_core::{
    misfire::{MISFIRE_LIMIT, Misfire},
    overlap::{Overlap, QUEUE_LIMIT},
    rules::Rules,
};

use super::{
    super::{
        decode::At,
        raw::{RawDefaults, RawTask},
        values::{Count, MisfireWord, OverlapWord},
    },
    Checker, first,
};

impl Checker<'_> {
    /// The rules of a task, but for its retries, about which its plugin has a say.
    pub(super) fn rules(&mut self, raw: &RawTask) -> Rules {
        let defaults = self.defaults;
        // Of what runs after others, nothing gets lost unless somebody wants it so.
        let is_after = raw.schedule.as_ref().is_some_and(|at| at.value.after.is_some());
        let overlap = match (&raw.overlap, &defaults.overlap) {
            (None, None) if is_after => OverlapWord::QueueAll,
            (own, default) => first(own, default),
        };
        let misfire = first(&raw.misfire, &defaults.misfire);
        if overlap != OverlapWord::Allow {
            self.goes_with(raw.max_concurrent.as_ref(), "overlap = \"allow\"");
        }
        if !matches!(overlap, OverlapWord::QueueAll | OverlapWord::Allow) {
            let with = "overlap = \"queue_all\"` or `overlap = \"allow\"";
            self.goes_with(raw.queue_limit.as_ref(), with);
        }
        if misfire != MisfireWord::All {
            self.goes_with(raw.misfire_limit.as_ref(), "misfire = \"all\"");
        }
        let lengths = [&raw.start_deadline, &raw.deadline, &raw.late_after, &raw.deadman];
        for length in lengths.into_iter().flatten() {
            self.some_time(length);
        }
        let count = |own: &Option<At<Count>>, default: &Option<At<Count>>| {
            own.as_ref().or(default.as_ref()).map(|at| at.value.0)
        };
        let limit = count(&raw.queue_limit, &defaults.queue_limit).unwrap_or(QUEUE_LIMIT);
        let concurrent = count(&raw.max_concurrent, &defaults.max_concurrent);
        let missed = count(&raw.misfire_limit, &defaults.misfire_limit).unwrap_or(MISFIRE_LIMIT);
        let length = |own: &Option<At<Duration>>, default: &Option<At<Duration>>| {
            own.as_ref().or(default.as_ref()).map(|at| at.value)
        };
        Rules {
            overlap: match overlap {
                OverlapWord::Skip => Overlap::Skip,
                OverlapWord::QueueOne => Overlap::QueueOne,
                OverlapWord::QueueAll => Overlap::QueueAll { limit },
                OverlapWord::CancelPrevious => Overlap::CancelPrevious,
                OverlapWord::Allow => {
                    Overlap::Allow { concurrent: concurrent.and_then(NonZeroU32::new), limit }
                }
            },
            misfire: match misfire {
                MisfireWord::Skip => Misfire::Skip,
                MisfireWord::Latest => Misfire::Latest,
                MisfireWord::All => Misfire::All { limit: missed },
            },
            jitter: length(&raw.jitter, &defaults.jitter).unwrap_or_default(),
            priority: first(&raw.priority, &defaults.priority).0,
            start_deadline: length(&raw.start_deadline, &defaults.start_deadline),
            deadline: length(&raw.deadline, &defaults.deadline),
            on_lost: first(&raw.on_lost, &defaults.on_lost),
            late_after: length(&raw.late_after, &defaults.late_after),
            deadman: length(&raw.deadman, &defaults.deadman),
            quarantine: count(&raw.quarantine, &defaults.quarantine).and_then(NonZeroU32::new),
            ..Rules::default()
        }
    }

    /// Says what is wrong with the rules for all tasks.
    pub(super) fn default_rules(&mut self, defaults: &RawDefaults) {
        let RawDefaults { start_deadline, deadline, late_after, deadman, .. } = defaults;
        for length in [start_deadline, deadline, late_after, deadman].into_iter().flatten() {
            self.some_time(length);
        }
    }

    fn some_time(&mut self, length: &At<Duration>) {
        if length.value.is_zero() {
            self.wrong(length, "no run can keep it", "such as `\"5m\"`, or leave it out");
        }
    }

    fn goes_with<T>(&mut self, given: Option<&At<T>>, what: &str) {
        if let Some(given) = given {
            let help = format!("add `{what}`, or leave it out");
            self.wrong(given, format!("this goes with `{what}` only"), help);
        }
    }
}
