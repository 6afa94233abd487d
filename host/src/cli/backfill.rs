//! `horarium backfill`

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use horarium_core::name::TaskName;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

use super::{Common, asked};
use crate::{
    client::Client,
    output,
    written::{self, Misread},
};

#[derive(Args)]
pub(super) struct Backfill {
    /// The task.
    task: TaskName,
    /// The first instant that counts, such as `2026-11-01T00:00:00Z`; or a day, `2026-11-01`,
    /// which begins at midnight in the timezone of the task's schedule.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    from: Moment,
    /// The first one that does not count any more, or the first day; now, where left out.
    #[arg(long, value_name = "INSTANT", value_parser = moment)]
    to: Option<Moment>,
}

/// An instant, or the beginning of a day.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Instant(Timestamp),
    Day(Date),
}

fn moment(text: &str) -> Result<Moment, Misread> {
    match (text.len(), text.parse()) {
        (DAY, Ok(day)) => Ok(Moment::Day(day)),
        _ => written::instant(text).map(Moment::Instant),
    }
}

/// How long a day is as a text, in bytes.
const DAY: usize = "2026-11-01".len();

impl Moment {
    fn in_zone(self, zone: &TimeZone) -> Result<Timestamp> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Day(day) => {
                let begin = day.to_zoned(zone.clone());
                Ok(begin
                    .with_context(|| format!("{day} is beyond all that has a time"))?
                    .timestamp())
            }
        }
    }
}

impl Backfill {
    pub(super) async fn run(self, common: &Common) -> Result<ExitCode> {
        let mut host = common.host().await?;
        let zone = match [Some(self.from), self.to] {
            [Some(Moment::Instant(_)), None | Some(Moment::Instant(_))] => TimeZone::UTC,
            _ => self.zone(&mut host).await?,
        };
        let body = match self.to {
            Some(to) => json!({ "from": self.from.in_zone(&zone)?, "to": to.in_zone(&zone)? }),
            None => json!({ "from": self.from.in_zone(&zone)? }),
        };
        let path = format!("/api/v1/tasks/{}/backfill", self.task);
        let answer = host.post(&path, &body).await?;
        let made = answer["runs"].as_array().map_or(0, Vec::len);
        let text = match answer["known"].as_u64().unwrap_or_default() {
            0 => output::plural(made, "new run"),
            known => format!("{}, {known} had one before", output::plural(made, "new run")),
        };
        asked::print(&answer, &text, common.json);
        Ok(ExitCode::SUCCESS)
    }

    /// The timezone in which the task's days begin.
    async fn zone(&self, host: &mut Client) -> Result<TimeZone> {
        let named = host.next(&self.task, Timestamp::now(), 1).await?.timezone;
        named.map_or(Ok(TimeZone::UTC), |name| {
            TimeZone::get(&name)
                .with_context(|| format!("{name} is no timezone here; name an instant"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_where_its_schedule_is() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let at = |text: &str| moment(text).unwrap().in_zone(&paris).unwrap().to_string();
        assert_eq!(at("2026-11-22"), "2026-11-21T23:00:00Z");
        assert_eq!(at("2026-07-01"), "2026-06-30T22:00:00Z");
        assert_eq!(at("2026-11-22T00:00:00Z"), "2026-11-22T00:00:00Z");
        assert!(moment("2026-11-31").unwrap_err().to_string().contains("no such day"));
        assert!(moment("2026-11-22T00:00:00").unwrap_err().to_string().contains("no offset"));
    }
}
