//! A task's lane in the timeline: its runs one by one, or counted where they are many.

use horarium_core::{name::TaskName, run::RunState, store::RunMark, task::TaskSpec};

use super::{
    badge::Badge,
    chart::percent,
    spark::is_ill,
    timeline::Window,
    words::{Moment, utc},
};
use crate::describe;

/// More runs than this are counted, not drawn one by one.
const APART: usize = 30;

/// So few are always drawn one by one.
const FEW: usize = 3;

/// How wide a flag is on a usual screen, in percent.
const FLAG: f64 = 1.5;

/// Into how many parts the past is divided where they are counted.
const PARTS: i64 = 40;

/// How many coming runs are looked at.
const COMING_LOOKED_AT: u32 = 9;

/// More coming runs than this are a band.
const COMING: usize = 8;

/// A task's runs, drawn.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) task: TaskName,
    pub(super) label: String,
    /// Runs that succeeded, or how many there were.
    pub(super) bars: Vec<Bar>,
    /// What is worth a look.
    pub(super) flags: Vec<Flag>,
    /// Where it is due.
    pub(super) coming: Vec<String>,
    /// It is due too often for that.
    pub(super) dense: bool,
    pub(super) next_at: Option<Moment>,
    /// Why there is no next instant.
    pub(super) next: &'static str,
}

#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) y: u32,
}

#[derive(Debug)]
pub(super) struct Flag {
    pub(super) href: String,
    pub(super) label: String,
    pub(super) badge: Badge,
    pub(super) x: String,
    pub(super) width: String,
    pub(super) running: bool,
    /// It took so long that this can be seen.
    pub(super) long: bool,
}

impl Lane {
    /// The lane of a task with these runs, newest first; in a word why nothing of it starts,
    /// where that is so.
    pub(super) fn new(
        window: Window,
        task: TaskName,
        marks: &[RunMark],
        spec: Option<&TaskSpec>,
        aside: Option<&'static str>,
    ) -> Self {
        let coming = match (spec, aside) {
            (Some(spec), None) => describe::upcoming(spec, window.now, COMING_LOOKED_AT),
            _ => Vec::new(),
        };
        let next = coming.first().copied();
        let near: Vec<_> = coming.into_iter().filter(|at| *at < window.to).collect();
        let dense = near.len() > COMING;
        let (bars, flags) = match is_crowded(window, marks) {
            true => counted(window, &task, marks),
            false => apart(window, marks),
        };
        let ill = marks.iter().filter(|mark| is_ill(mark.state)).count();
        let since = utc(window.from, "%H:%M");
        let label = format!("{task}: {} runs since {since}, {ill} did not succeed", marks.len());
        Self {
            task,
            label,
            bars,
            flags,
            coming: match dense {
                true => Vec::new(),
                false => near.into_iter().map(|at| percent(window.x(at))).collect(),
            },
            dense,
            next_at: next.map(|at| Moment::relative(at, window.now)),
            next: match (aside, spec) {
                (Some(aside), _) => aside,
                (None, Some(spec)) => spec.schedule.trigger().as_str(),
                // It is not in the configuration any more, or its plugin is not there.
                (None, None) => "not served",
            },
        }
    }
}

/// Whether marks would lie upon each other.
fn is_crowded(window: Window, marks: &[RunMark]) -> bool {
    let x = |mark: Option<&RunMark>| mark.map_or(0.0, |mark| window.x(mark.scheduled_for));
    let width = x(marks.first()) - x(marks.last());
    let count = f64::from(u32::try_from(marks.len()).unwrap_or(u32::MAX));
    marks.len() > APART || (marks.len() > FEW && width / count < FLAG)
}

/// Each run by itself.
fn apart(window: Window, marks: &[RunMark]) -> (Vec<Bar>, Vec<Flag>) {
    let (mut bars, mut flags) = (Vec::new(), Vec::new());
    for mark in marks {
        let begin = match mark.state {
            RunState::RetryWait => mark.due_at,
            _ => mark.started_at,
        };
        let begin = begin.unwrap_or(mark.scheduled_for);
        let end = match mark.state {
            RunState::RetryWait => begin,
            _ => mark.ended_at.unwrap_or(window.now),
        };
        let x = window.x(begin);
        let width = (window.x(end) - x).max(0.35);
        let badge = Badge::state(mark.state);
        match mark.state {
            // It is a coming one.
            RunState::Scheduled => {}
            _ if badge.word == "succeeded" => {
                bars.push(Bar { x: percent(x), width: percent(width), y: 7 });
            }
            _ => flags.push(Flag {
                href: format!("/runs/{}", mark.run),
                label: format!("run {} {} at {}", mark.run, badge.word, utc(begin, "%H:%M:%S")),
                running: mark.state == RunState::Running,
                long: width > 1.0 && matches!(badge.class, "bad" | "lim"),
                badge,
                x: percent(x),
                width: percent(width),
            }),
        }
    }
    (bars, flags)
}

/// How many there were in each part of the past, and the last flag of each.
fn counted(window: Window, task: &TaskName, marks: &[RunMark]) -> (Vec<Bar>, Vec<Flag>) {
    let whole = window.now.duration_since(window.from).as_micros().max(1);
    let parts = usize::try_from(PARTS).unwrap_or_default();
    let mut counts = vec![0_u32; parts];
    let mut ills: Vec<Option<(Badge, u32)>> = vec![None; parts];
    for mark in marks.iter().filter(|mark| mark.state.is_ended()) {
        let at = mark.ended_at.unwrap_or(mark.scheduled_for);
        let part = at.duration_since(window.from).as_micros() * i128::from(PARTS) / whole;
        let part = usize::try_from(part.max(0)).unwrap_or_default().min(parts - 1);
        counts[part] += 1;
        if is_ill(mark.state) {
            let ill = ills[part].get_or_insert_with(|| (Badge::state(mark.state), 0));
            ill.1 += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default().max(1);
    let x =
        |part: usize| percent(66.67 * f64::from(u32::try_from(part).unwrap_or_default()) / 40.0);
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(part, count)| {
        Bar { x: x(part), width: "1.40".to_owned(), y: 17 - (count * 12).div_ceil(most) }
    });
    let flags = ills.into_iter().enumerate().filter_map(|(part, ill)| {
        let (badge, count) = ill?;
        Some(Flag {
            href: format!("/runs?task={task}&state={}", badge.word),
            label: format!("{count} did not succeed, such as {}", badge.word),
            badge,
            x: x(part),
            width: "1.40".to_owned(),
            running: false,
            long: false,
        })
    });
    // What is not over is not counted.
    let open: Vec<_> = marks.iter().filter(|mark| !mark.state.is_ended()).cloned().collect();
    let (_, going_on) = apart(window, &open);
    (bars.collect(), flags.chain(going_on).collect())
}

#[cfg(test)]
mod tests {
    use horarium_core::{
        run::{RunEnd, RunId},
        verdict::VerdictKind,
    };
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn window() -> Window {
        Window::of(Some("1h"), at("2026-03-27T14:32:00Z"))
    }

    fn mark(minute: i64, verdict: VerdictKind) -> RunMark {
        let start = window().from.checked_add(SignedDuration::from_mins(minute)).unwrap();
        RunMark {
            run: RunId(minute),
            state: RunState::Ended(RunEnd::Verdict(verdict)),
            scheduled_for: start,
            due_at: None,
            started_at: Some(start),
            ended_at: Some(start.checked_add(SignedDuration::from_secs(36)).unwrap()),
            fuel: None,
            wall_us: None,
        }
    }

    fn lane(marks: &[RunMark]) -> Lane {
        Lane::new(window(), "a".parse().unwrap(), marks, None, None)
    }

    #[test]
    fn a_run_lies_where_and_as_long_as_it_was() {
        let running = RunMark {
            state: RunState::Running,
            ended_at: None,
            ..mark(30, VerdictKind::Succeeded)
        };
        let retry = RunMark {
            state: RunState::RetryWait,
            due_at: Some(at("2026-03-27T14:42:00Z")),
            ended_at: None,
            ..mark(31, VerdictKind::Succeeded)
        };
        let lane =
            lane(&[retry, running, mark(12, VerdictKind::Lost), mark(6, VerdictKind::Succeeded)]);
        assert_eq!((lane.bars[0].x.as_str(), lane.bars[0].width.as_str()), ("10.00", "1.00"));
        let flags: Vec<_> =
            lane.flags.iter().map(|flag| (flag.badge.word, flag.x.as_str())).collect();
        assert_eq!(flags, [("retry_wait", "83.33"), ("running", "50.00"), ("lost", "20.00")]);
        assert_eq!(lane.flags[1].width, "16.67");
        assert_eq!(lane.flags[2].href, "/runs/12");
        assert!(lane.label.contains("4 runs since 13:52, 1 did not succeed"), "{}", lane.label);
    }

    #[test]
    fn what_would_lie_upon_each_other_is_counted() {
        let close = |count: i64| -> Vec<_> {
            (0..count).rev().map(|_| mark(20, VerdictKind::Failed)).collect()
        };
        assert_eq!(lane(&close(3)).flags.len(), 3);
        assert_eq!(lane(&close(4)).flags.len(), 1);
    }

    #[test]
    fn many_runs_are_counted() {
        let mut marks: Vec<_> =
            (0..40).rev().map(|minute| mark(minute, VerdictKind::Succeeded)).collect();
        marks[4] = mark(35, VerdictKind::TimedOut);
        marks.push(mark(0, VerdictKind::Succeeded));
        let lane = lane(&marks);
        assert_eq!(lane.bars.len(), 40);
        assert_eq!((lane.bars[0].y, lane.bars[1].y), (5, 11));
        assert_eq!(lane.flags.len(), 1);
        assert_eq!(lane.flags[0].href, "/runs?task=a&state=timed_out");
    }
}
