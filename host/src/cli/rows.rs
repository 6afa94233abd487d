//! Tables. On a terminal most have one line a row, however long a text in them is.

use std::io::{self, IsTerminal};

use comfy_table::{
    ColumnConstraint, ContentArrangement, Row, Table, Width, presets::NOTHING as PLAIN,
};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::crossterm::terminal;

use crate::output;

/// The columns of a terminal that does not say how many it has.
const COLUMNS: u16 = 80;

/// The most of a terminal that a column of names takes, in percent.
const NAMES: u16 = 25;

/// Where a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paper {
    /// A terminal with so many columns, and when somebody looks at it.
    Terminal { columns: u16, now: Timestamp },
    /// A file or a program, which get every text as it is.
    File,
}

/// How wide a column may be on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// As wide as it needs to be.
    Whole,
    /// The same, but for the longest names.
    Name,
    /// What the others leave.
    Rest,
    /// The same, in as many lines as it takes: nothing of it may be missing.
    Full,
}

/// A table.
pub(super) struct Rows {
    table: Table,
    /// Whether a row is one line.
    is_cut: bool,
}

impl Paper {
    /// What stands behind standard output.
    pub(super) fn of_stdout() -> Self {
        if !io::stdout().is_terminal() {
            return Self::File;
        }
        let columns = terminal::size().map_or(0, |(columns, _)| columns);
        let columns = if columns == 0 { COLUMNS } else { columns };
        Self::Terminal { columns, now: Timestamp::now() }
    }

    /// An instant: on a terminal without what everybody knows.
    pub(super) fn moment(self, at: Timestamp) -> String {
        match self {
            Self::Terminal { now, .. } if day(at) == day(now) => output::clock(at),
            _ => output::local(at),
        }
    }
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(TimeZone::system()).date()
}

impl Rows {
    pub(super) fn new(paper: Paper, columns: &[(&str, Fit)]) -> Self {
        let mut table = Table::new();
        table.load_style(PLAIN);
        table.set_header(columns.iter().map(|(name, _)| *name));
        table.set_content_arrangement(ContentArrangement::Disabled);
        if let Paper::Terminal { columns: width, .. } = paper {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        for (index, (_, fit)) in columns.iter().enumerate() {
            let Some(column) = table.column_mut(index) else { continue };
            column.set_padding((0, 2));
            let constraint = match fit {
                _ if paper == Paper::File => continue,
                Fit::Whole => ColumnConstraint::ContentWidth,
                Fit::Name => ColumnConstraint::UpperBoundary(Width::Percentage(NAMES)),
                Fit::Rest | Fit::Full => continue,
            };
            column.set_constraint(constraint);
        }
        let is_full = columns.iter().any(|(_, fit)| *fit == Fit::Full);
        Self { table, is_cut: paper != Paper::File && !is_full }
    }

    pub(super) fn add(&mut self, cells: Vec<String>) {
        let mut row = Row::from(cells);
        if self.is_cut {
            row.max_height(1);
        }
        self.table.add_row(row);
    }

    /// Prints it, or a word where it has no rows.
    pub(super) fn print(&self, empty: &str) {
        if self.table.row_iter().next().is_none() {
            return output::line(empty);
        }
        for text in self.table.lines() {
            output::line(text.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[(&str, Fit)] =
        &[("RUN", Fit::Whole), ("TASK", Fit::Name), ("STATE", Fit::Whole), ("RESULT", Fit::Rest)];

    fn printed(paper: Paper) -> Vec<String> {
        let mut rows = Rows::new(paper, COLUMNS);
        let name = "a-task-whose-name-is-far-too-long-for-a-table";
        let cells = ["1", name, "✘ out_of_memory", &"wanted 8519680 bytes ".repeat(9)];
        rows.add(cells.map(str::to_owned).to_vec());
        rows.add(["2", "b", "✔ succeeded", "{\"length\":5}"].map(str::to_owned).to_vec());
        rows.table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn terminal(columns: u16) -> Paper {
        Paper::Terminal { columns, now: "2026-03-02T10:00:00Z".parse().unwrap() }
    }

    #[test]
    fn a_terminal_gets_one_line_a_row() {
        for columns in [60, 80, 200] {
            let lines = printed(terminal(columns));
            assert_eq!(lines.len(), 3, "{lines:#?}");
            assert!(lines.iter().all(|line| line.chars().count() <= usize::from(columns)));
            assert!(lines[1].contains("✘ out_of_memory  wanted") && lines[1].ends_with('…'));
            assert!(lines[2].ends_with("✔ succeeded      {\"length\":5}"), "{lines:#?}");
        }
        // What there is of room is used.
        assert!(printed(terminal(200))[1].chars().count() > 150);
    }

    #[test]
    fn a_file_gets_every_text_as_it_is() {
        let lines = printed(Paper::File);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].contains("for-a-table") && !lines[1].contains('…'), "{lines:#?}");
        assert_eq!(lines[1].matches("wanted").count(), 9);
    }

    #[test]
    fn the_day_is_told_where_it_is_another_one() {
        let paper = terminal(80);
        let same = paper.moment("2026-03-02T10:00:00Z".parse().unwrap());
        assert_eq!((same.len(), Paper::File.moment(Timestamp::now()).len()), (8, 19));
        assert_eq!(paper.moment("2026-02-28T10:00:00Z".parse().unwrap()).len(), 19);
    }
}
