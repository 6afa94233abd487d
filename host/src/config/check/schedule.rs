//! One schedule, and only one.

use std::time::Duration;

use horarium_core::schedule::{Cron, CronError, Every, Schedule};
use jiff::tz;

use super::{
    super::{
        decode::At,
        raw::{RawSchedule, RawTask},
        table::near,
    },
    Checker, ScheduleDraft,
};

impl Checker<'_> {
    pub(super) fn schedule_draft(&mut self, task: &At<RawTask>) -> ScheduleDraft {
        if let Some(schedule) = &task.value.schedule {
            return self.schedule(schedule).map_or(ScheduleDraft::Wrong, ScheduleDraft::Said);
        }
        // What could not even be read is there all the same.
        let key = format!("{}.schedule", task.key);
        let below = format!("{key}.");
        let unreadable = self
            .problems
            .iter()
            .any(|problem| problem.key == key || problem.key.starts_with(&below));
        if unreadable { ScheduleDraft::Wrong } else { ScheduleDraft::Unsaid }
    }

    pub(super) fn schedule(&mut self, at: &At<RawSchedule>) -> Option<Schedule> {
        let raw = &at.value;
        for (given, name) in
            [(&raw.continuous, "continuous"), (&raw.once, "once"), (&raw.manual, "manual")]
        {
            if let Some(no) = given.as_ref().filter(|given| !given.value) {
                self.wrong(
                    no,
                    "a schedule says what it is",
                    format!("write `{name} = true`, or leave it out"),
                );
            }
        }
        self.companion(&raw.timezone, raw.cron.is_some(), "cron");
        self.companion(&raw.offset, raw.every.is_some(), "every");
        self.companion(&raw.pause, raw.continuous.is_some(), "continuous");
        self.companion(&raw.on, raw.after.is_some(), "after");
        self.companion(&raw.input, raw.after.is_some(), "after");
        let kinds = [
            raw.cron.is_some().then_some("cron"),
            raw.every.is_some().then_some("every"),
            raw.continuous.is_some().then_some("continuous"),
            raw.once.is_some().then_some("once"),
            raw.at.is_some().then_some("at"),
            raw.after.is_some().then_some("after"),
            raw.manual.is_some().then_some("manual"),
        ];
        let kinds: Vec<_> = kinds.into_iter().flatten().collect();
        // A key that could not be read is a problem already, and no absence.
        let below = format!("{}.", at.key);
        let broken = self.problems.iter().any(|problem| problem.key.starts_with(&below));
        match kinds.as_slice() {
            [_] if !broken => self.one_schedule(raw),
            [] if !broken => {
                let help =
                    "add one of `cron`, `every`, `continuous`, `once`, `at`, `after`, `manual`"
                        .to_owned();
                self.wrong(at, "it says nowhere when", help);
                None
            }
            [] | [_] => None,
            several => {
                let message = format!("{} exclude each other", several.join(" and "));
                self.wrong(at, message, "keep one of them");
                None
            }
        }
    }

    fn companion<T>(&mut self, given: &Option<At<T>>, wanted: bool, of: &str) {
        if let Some(given) = given
            && !wanted
        {
            self.wrong(
                given,
                format!("this goes with `{of}` only"),
                format!("add `{of}`, or leave it out"),
            );
        }
    }

    fn one_schedule(&mut self, raw: &RawSchedule) -> Option<Schedule> {
        if let Some(cron) = &raw.cron {
            let zone = raw.timezone.as_ref().map_or("UTC", |zone| &zone.value);
            return match Cron::new(&cron.value, zone) {
                Ok(cron) => Some(Schedule::Cron(Box::new(cron))),
                Err(reason @ CronError::Timezone(_)) => {
                    let at = raw.timezone.as_ref().unwrap_or(cron);
                    self.wrong(at, reason.to_string(), zone_like(&at.value));
                    None
                }
                Err(reason) => {
                    let help = "such as `0 3 * * *` (at three every night) or `*/10 * * * * *` (every ten seconds)";
                    self.wrong(cron, reason.to_string(), help);
                    None
                }
            };
        }
        if let Some(period) = &raw.every {
            let offset = raw.offset.as_ref().map_or(Duration::ZERO, |offset| offset.value);
            return match Every::new(period.value, offset) {
                Ok(every) => Some(Schedule::Every(every)),
                Err(reason) => {
                    self.wrong(
                        period,
                        reason.to_string(),
                        "such as `every = \"30s\", offset = \"5s\"`",
                    );
                    None
                }
            };
        }
        if raw.continuous.is_some() {
            let pause = raw.pause.as_ref().map_or(Duration::ZERO, |pause| pause.value);
            return Some(Schedule::Continuous { pause });
        }
        if raw.once.is_some() {
            return Some(Schedule::Once);
        }
        if let Some(at) = &raw.at {
            return Some(Schedule::At(at.value));
        }
        if let Some(parents) = &raw.after {
            return self.after(parents, raw);
        }
        Some(Schedule::Manual)
    }
}

/// The timezone that was probably meant: one that is written nearly so, or one of this city.
fn zone_like(text: &str) -> String {
    let names: Vec<_> = tz::db().available().map(|name| name.to_string()).collect();
    let city = format!("/{}", text.replace(' ', "_").to_lowercase());
    let cities = names.iter().find(|name| name.to_lowercase().ends_with(&city));
    let known: Vec<_> = names.iter().map(String::as_str).collect();
    match cities.map(String::as_str).filter(|_| text.len() > 1).or_else(|| near(text, &known)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "such as `Europe/Paris` or `UTC`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timezone_is_meant_by_its_city() {
        assert_eq!(zone_like("Paris"), "did you mean `Europe/Paris`?");
        assert_eq!(zone_like("new york"), "did you mean `America/New_York`?");
        assert_eq!(zone_like("Europe/Pariss"), "did you mean `Europe/Paris`?");
        assert_eq!(zone_like("Mars/Base"), "such as `Europe/Paris` or `UTC`");
        assert_eq!(zone_like(""), "such as `Europe/Paris` or `UTC`");
    }
}
