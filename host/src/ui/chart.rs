//! A chart of one figure of the last runs: a bar each, and a letter over what did not
//! succeed.

use askama::{Template, filters::HtmlSafe};

use super::badge::Badge;

/// The floor, and how high the highest bar is, in pixels.
const FLOOR: f64 = 104.0;
const HEIGHT: f64 = 90.0;

/// As many bars have room at least, however few there are.
const LEAST: usize = 20;

/// A run in a chart.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) run: i64,
    pub(super) value: f64,
    pub(super) badge: Badge,
}

/// What is drawn, and of what.
pub(super) struct Subject {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// The most that there can be.
    pub(super) limit: Option<f64>,
    /// How a value is worded.
    pub(super) words: fn(f64) -> String,
    /// When the oldest run was, and the newest.
    pub(super) from: String,
    pub(super) to: String,
}

/// A chart, with all of its geometry.
#[derive(Debug, Template)]
#[template(path = "chart.html")]
pub(super) struct Chart {
    id: &'static str,
    title: &'static str,
    summary: String,
    label: String,
    lines: Vec<Line>,
    limit: Option<Line>,
    bars: Vec<Bar>,
    from: String,
    to: String,
}

impl HtmlSafe for Chart {}

#[derive(Debug)]
struct Line {
    y: String,
    text_y: String,
    text: String,
}

#[derive(Debug)]
struct Bar {
    class: &'static str,
    x: String,
    width: String,
    middle: String,
    y: String,
    height: String,
    title: String,
    sign: Option<&'static str>,
    sign_y: String,
}

impl Chart {
    /// A chart of points, oldest first; none where there are none.
    pub(super) fn of(subject: Subject, points: &[Point]) -> Option<Self> {
        let words = subject.words;
        let mut sorted: Vec<f64> = points.iter().map(|point| point.value).collect();
        sorted.sort_by(f64::total_cmp);
        let most = *sorted.last()?;
        // A limit that is far away would leave nothing of the bars.
        let limit = subject.limit.filter(|limit| *limit <= most * 2.0);
        let top = limit.unwrap_or(most).max(most).max(f64::MIN_POSITIVE);
        let y = |value: f64| FLOOR - (value / top).clamp(0.0, 1.0) * HEIGHT;
        let line = |value: f64, above: f64| Line {
            y: pixels(y(value)),
            text_y: pixels(y(value) + above),
            text: words(value),
        };
        let step = step(top / 2.5);
        let steps = (1..=4).map(|count| step * f64::from(count));
        let lines = steps.filter(|value| *value < top * 0.93).map(|value| line(value, 3.0));
        let slot = 100.0 / count(points.len().max(LEAST));
        let bars = points.iter().enumerate().map(|(place, point)| {
            let x = count(place) * slot;
            let height = (FLOOR - y(point.value)).max(1.0);
            let good = point.badge.word == "succeeded";
            Bar {
                class: if good { "off" } else { point.badge.class },
                x: percent(x + slot * 0.15),
                width: percent(slot * 0.7),
                middle: percent(x + slot * 0.5),
                y: pixels(FLOOR - height),
                height: pixels(height),
                title: format!("run {}: {}, {}", point.run, point.badge.word, words(point.value)),
                sign: (!good).then_some(point.badge.sign),
                sign_y: pixels((FLOOR - height - 3.0).max(9.0)),
            }
        });
        let ill = points.iter().filter(|point| point.badge.word != "succeeded").count();
        let at = |share: usize| words(sorted[(sorted.len() * share / 100).min(sorted.len() - 1)]);
        let summary =
            format!("median {}, 95 of 100 within {}, most {}", at(50), at(95), words(most));
        let label = format!(
            "{} of the last {} runs: median {}, most {}; {ill} did not succeed",
            subject.title,
            points.len(),
            at(50),
            words(most),
        );
        Some(Self {
            id: subject.id,
            title: subject.title,
            summary,
            label,
            lines: lines.collect(),
            limit: limit.map(|limit| {
                let line = line(limit, -4.0);
                Line { text: format!("limit {}", line.text), ..line }
            }),
            bars: bars.collect(),
            from: subject.from,
            to: subject.to,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "they are few")]
fn count(value: usize) -> f64 {
    value as f64
}

/// The largest round number that is not larger than this: 1, 2 or 5, and noughts.
fn step(most: f64) -> f64 {
    let power = 10_f64.powf(most.max(f64::MIN_POSITIVE).log10().floor());
    [5.0, 2.0, 1.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|step| *step <= most)
        .unwrap_or(most)
}

fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

/// A share of the width, to a hundredth of a percent.
pub(super) fn percent(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(limit: Option<f64>) -> Subject {
        Subject {
            id: "fuel",
            title: "Fuel",
            limit,
            words: |value| format!("{value:.0}"),
            from: "then".to_owned(),
            to: "now".to_owned(),
        }
    }

    fn points(values: &[f64]) -> Vec<Point> {
        let point = |(run, value): (i64, &f64)| Point {
            run,
            value: *value,
            badge: Badge::of(if *value > 50.0 { "out_of_fuel" } else { "succeeded" }),
        };
        (1..).zip(values).map(point).collect()
    }

    #[test]
    fn bars_stand_on_the_floor_and_reach_up_to_the_top() {
        let chart = Chart::of(subject(None), &points(&[0.0, 45.0, 90.0])).unwrap();
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height.as_str()).collect();
        assert_eq!(heights, ["1.0", "45.0", "90.0"], "nothing is still to be seen");
        let tops: Vec<_> = chart.bars.iter().map(|bar| bar.y.as_str()).collect();
        assert_eq!(tops, ["103.0", "59.0", "14.0"]);
        assert_eq!((chart.bars[1].x.as_str(), chart.bars[1].width.as_str()), ("5.75", "3.50"));
        assert_eq!(chart.bars[2].sign, Some("F"));
        assert_eq!(chart.bars[1].sign, None);
        assert_eq!(chart.summary, "median 45, 95 of 100 within 90, most 90");
        let lines: Vec<_> = chart.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["20", "40", "60", "80"]);
    }

    #[test]
    fn a_limit_is_drawn_where_it_is_near() {
        let near = Chart::of(subject(Some(100.0)), &points(&[60.0])).unwrap();
        assert_eq!(near.limit.unwrap().text, "limit 100");
        assert_eq!(near.bars[0].height, "54.0");
        let far = Chart::of(subject(Some(1_000.0)), &points(&[60.0])).unwrap();
        assert!(far.limit.is_none());
        assert_eq!(far.bars[0].height, "90.0");
    }

    #[test]
    fn no_number_breaks_the_picture() {
        assert!(Chart::of(subject(None), &[]).is_none());
        for values in [&[0.0][..], &[0.0, 0.0], &[f64::MAX], &[1e-9; 60]] {
            let shown = Chart::of(subject(Some(0.0)), &points(values)).unwrap().to_string();
            assert!(!shown.contains("NaN") && !shown.contains("inf\""), "{shown}");
        }
    }
}
