//! From what there is to see to what is on the screen.

use horarium_core::{limits::show_duration, time};
use jiff::Timestamp;
use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::Line,
    widgets::{Block, Borders, Paragraph, Row, StatefulWidget, Table, TableState, Widget},
};

use super::view::{Screen, View};
use crate::output;

/// The cells of a bar that shows how far something is.
const BAR: usize = 10;

/// Draws everything as it stands at an instant.
pub(super) fn draw(view: &View, screen: &Screen, now: Timestamp, area: Rect, buffer: &mut Buffer) {
    let head = head(view);
    let parts = Layout::vertical([
        Constraint::Length(u16::try_from(head.len()).unwrap_or(u16::MAX)),
        Constraint::Fill(3),
        Constraint::Fill(2),
        Constraint::Fill(2),
        Constraint::Length(2),
    ]);
    let [top, running, failed, due, bottom] = parts.areas(area);
    Paragraph::new(head).render(top, buffer);
    let lists = [
        (running, running_list(view, now)),
        (failed, failed_list(view)),
        (due, due_list(view, now)),
    ];
    for (index, (area, list)) in lists.into_iter().enumerate() {
        let chosen = screen.list == index;
        list.render(area, buffer, chosen, screen.rows[index]);
    }
    let keys = Line::styled(
        "↑ ↓ select   Tab next list   Enter attempts and log   q leave",
        Modifier::DIM,
    );
    Paragraph::new(vec![Line::raw(detail(view, screen)), keys]).render(bottom, buffer);
}

fn head(view: &View) -> Vec<Line<'static>> {
    let count = usize::try_from(view.tasks).unwrap_or(usize::MAX);
    let mut first = format!(
        "horarium {} · {} · {} of {} slots",
        view.version,
        output::plural(count, "task"),
        view.running,
        view.capacity
    );
    if view.paused {
        first.push_str(" · PAUSED: nothing starts");
    }
    if !view.put_aside.is_empty() {
        first.push_str(&format!(" · {} put aside", view.put_aside.len()));
    }
    let waits = view.queue.iter().filter(|(_, runs)| *runs > 0);
    let waits: Vec<_> = waits.map(|(reason, runs)| format!("{runs} {reason}")).collect();
    let mut second = match waits.as_slice() {
        [] => "nothing waits".to_owned(),
        waits => format!("waiting: {}", waits.join(", ")),
    };
    if let Some(longest) = view.longest_wait {
        second.push_str(&format!(" · longest {}", output::length(longest)));
    }
    let second = match &view.trouble {
        Some(trouble) => Line::styled(format!("! {trouble}"), Style::new().fg(Color::Red)),
        None => Line::raw(second),
    };
    let mut lines = vec![Line::styled(first, Modifier::BOLD), second];
    if !view.open.is_empty() {
        let open: Vec<_> =
            view.open.iter().map(|(task, condition)| format!("{task} {condition}")).collect();
        let text = format!("✘ open alerts: {}", open.join(" · "));
        lines.push(Line::styled(text, Style::new().fg(Color::Red)));
    }
    lines
}

/// A list with its heading.
struct List {
    title: String,
    columns: [&'static str; 4],
    widths: [Constraint; 4],
    rows: Vec<[String; 4]>,
    empty: &'static str,
}

impl List {
    fn render(self, area: Rect, buffer: &mut Buffer, chosen: bool, row: usize) {
        let title = match chosen {
            true => Line::styled(format!("▸ {} ", self.title), Modifier::BOLD),
            false => Line::raw(format!("  {} ", self.title)),
        };
        let block = Block::new().borders(Borders::TOP).title(title);
        if self.rows.is_empty() {
            Paragraph::new(self.empty).block(block).render(area, buffer);
            return;
        }
        let table = Table::new(self.rows.into_iter().map(Row::new), self.widths)
            .header(Row::new(self.columns).style(Modifier::DIM))
            .row_highlight_style(Modifier::REVERSED)
            .block(block);
        let mut state = TableState::new().with_selected(chosen.then_some(row));
        StatefulWidget::render(table, area, buffer, &mut state);
    }
}

fn running_list(view: &View, now: Timestamp) -> List {
    let rows = view.under_way.iter().map(|it| {
        let task = match it.attempt {
            0 | 1 => it.task.clone(),
            attempt => format!("{} (attempt {attempt})", it.task),
        };
        let elapsed = it.since.map(|since| seconds(since, now)).unwrap_or_default();
        [it.run.to_string(), task, elapsed, progress(it.fraction, &it.note)]
    });
    List {
        title: format!("Running ({})", view.running),
        columns: ["RUN", "TASK", "SINCE", "PROGRESS"],
        widths: [
            Constraint::Length(9),
            Constraint::Fill(2),
            Constraint::Length(10),
            Constraint::Fill(3),
        ],
        rows: rows.collect(),
        empty: "nothing runs",
    }
}

fn failed_list(view: &View) -> List {
    let rows = view.failed.iter().map(|it| {
        let at = it.at.map(output::local).unwrap_or_default();
        let what = format!("✘ {} {}", it.state, it.error);
        [it.run.to_string(), it.task.clone(), at, what]
    });
    List {
        title: "Last failures".to_owned(),
        columns: ["RUN", "TASK", "WHEN", "WHAT"],
        widths: [
            Constraint::Length(9),
            Constraint::Fill(2),
            Constraint::Length(20),
            Constraint::Fill(3),
        ],
        rows: rows.collect(),
        empty: "nothing has failed",
    }
}

fn due_list(view: &View, now: Timestamp) -> List {
    let rows = view.due.iter().map(|it| {
        let at = it.at.map(output::local).unwrap_or_default();
        let left = it.at.map(|at| format!("in {}", seconds(now, at))).unwrap_or_default();
        // What keeps a task alone outlasts what keeps all of them.
        let kept = match view.put_aside.get(&it.task) {
            Some(word) => word.as_str(),
            None if view.paused => "paused: the host is",
            None => "",
        };
        [at, it.task.clone(), left, kept.to_owned()]
    });
    List {
        title: "Due next".to_owned(),
        columns: ["WHEN", "TASK", "", ""],
        widths: [
            Constraint::Length(20),
            Constraint::Fill(2),
            Constraint::Length(12),
            Constraint::Length(19),
        ],
        rows: rows.collect(),
        empty: "nothing is due by a schedule",
    }
}

/// A length of time in whole seconds.
fn seconds(from: Timestamp, to: Timestamp) -> String {
    show_duration(std::time::Duration::from_secs(time::between(from, to).as_secs()))
}

fn progress(fraction: Option<f64>, note: &str) -> String {
    let Some(fraction) = fraction else { return note.to_owned() };
    let fraction = fraction.clamp(0.0, 1.0);
    let full = (1..=BAR).filter(|cell| fraction * 10.0 >= cell_end(*cell)).count();
    let bar = "█".repeat(full) + &"░".repeat(BAR - full);
    format!("{bar} {:3.0} % {note}", fraction * 100.0)
}

fn cell_end(cell: usize) -> f64 {
    u32::try_from(cell).map_or(f64::MAX, f64::from)
}

/// All of what is selected, where a row is too short for it.
fn detail(view: &View, screen: &Screen) -> String {
    let row = screen.rows[screen.list];
    match screen.list {
        0 => {
            view.under_way.get(row).map(|it| format!("run {} of {}: {}", it.run, it.task, it.note))
        }
        1 => view.failed.get(row).map(|it| format!("run {} of {}: {}", it.run, it.task, it.error)),
        _ => None,
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::view::Answers, *};

    const NOW: &str = "2026-03-02T10:00:00Z";

    /// The lines of a screen of this size.
    fn drawn(view: &View, screen: &Screen, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(view, screen, NOW.parse().unwrap(), area, &mut buffer);
        let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned()).collect()
    }

    fn view() -> View {
        let numbers = json!({
            "capacity": 8, "running": 1, "longest_wait_s": 3.5,
            "queue": { "ready": 2, "later": 1, "held": 0, "parked": 4 },
            "under_way": [{
                "run": 12, "task": "reindex", "attempt": 2, "since": "2026-03-02T09:58:59Z",
                "fraction": 0.42, "note": "pages\u{1b}[2J",
            }],
        });
        let failed = json!({ "items": [{
            "run": 9, "task": "import", "state": "timed_out", "ended_at": "2026-03-02T09:00:00Z",
            "error": "not done after 5s",
        }] });
        let due = json!([
            { "at": "2026-03-02T10:00:30Z", "task": "reindex" },
            { "at": "2026-03-02T10:00:40Z", "task": "import" },
        ]);
        let paused = json!({ "items": [
            { "history": { "task": "import", "pause": "quarantined" } },
        ] });
        let open = json!({ "items": [{ "task": "import", "condition": "failure" }] });
        let host = json!({ "version": "0.1.0", "tasks": 3 });
        View::of(&Answers {
            host: &host,
            numbers: &numbers,
            failed: &failed,
            open: &open,
            due: &due,
            paused: &paused,
        })
    }

    #[test]
    fn what_does_not_start_though_it_is_due_is_said() {
        let mut view = view();
        let lines = drawn(&view, &Screen::default(), 80, 24);
        has(&lines, "1 put aside");
        has(&lines, "✘ open alerts: import failure");
        let due = |lines: &[String], task: &str| {
            let row = lines.iter().find(|line| line.contains(task) && line.contains("in "));
            row.unwrap().split_once("in ").unwrap().1.trim().to_owned()
        };
        assert!(due(&lines, "import").ends_with("quarantined"), "{lines:#?}");
        assert_eq!(due(&lines, "reindex"), "30s");
        view.paused = true;
        let lines = drawn(&view, &Screen::default(), 80, 24);
        assert!(due(&lines, "import").ends_with("quarantined"), "{lines:#?}");
        assert!(due(&lines, "reindex").ends_with("paused: the host is"), "{lines:#?}");
    }

    fn has(lines: &[String], text: &str) {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}: {lines:#?}");
    }

    #[test]
    fn everything_is_there() {
        let mut screen = Screen::default();
        screen.fit(&view());
        let lines = drawn(&view(), &screen, 110, 24);
        assert_eq!(lines[0], "horarium 0.1.0 · 3 tasks · 1 of 8 slots · 1 put aside");
        let waiting = "waiting: 2 for a slot, 1 for their time, 4 for paused or absent tasks";
        assert_eq!(lines[1], format!("{waiting} · longest 3s 500ms"));
        has(&lines, "▸ Running (1)");
        has(&lines, "reindex (attempt 2)");
        has(&lines, "1m 1s");
        has(&lines, "████░░░░░░  42 % pages\\u{1b}[2J");
        has(&lines, "✘ timed_out not done after 5s");
        has(&lines, "in 30s");
        has(&lines, "run 12 of reindex: pages");
        has(&lines, "q leave");
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(1, 1), (3, 40), (200, 2), (20, 5)] {
            let lines = drawn(&view(), &Screen::default(), width, height);
            assert_eq!(lines.len(), usize::from(height));
        }
    }

    #[test]
    fn where_there_is_nothing_words_say_so() {
        let view = View { trouble: Some("the host has hung up".to_owned()), ..View::default() };
        let lines = drawn(&view, &Screen::default(), 80, 24);
        has(&lines, "! the host has hung up");
        has(&lines, "nothing runs");
        has(&lines, "nothing has failed");
        has(&lines, "nothing is due by a schedule");
    }

    #[test]
    fn bars_are_as_long_as_what_they_show() {
        assert_eq!(progress(Some(0.0), ""), "░░░░░░░░░░   0 % ");
        assert_eq!(progress(Some(1.0), "done"), "██████████ 100 % done");
        assert_eq!(progress(Some(f64::INFINITY), ""), "██████████ 100 % ");
        assert_eq!(progress(None, "so far"), "so far");
    }
}
