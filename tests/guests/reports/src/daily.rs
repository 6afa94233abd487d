//! The reports of a day.

use std::collections::BTreeMap;

use crate::{
    Reports,
    bindings::exports::acme::reports::daily::{
        Column, Day, Entry, Guest, Ledger, LedgerBorrow, Line, Order, Period, Problem,
    },
    ledger::Payments,
};

impl Guest for Reports {
    fn rebuild(
        ledger: LedgerBorrow<'_>,
        period: Period,
        order: Option<Order>,
        columns: Column,
    ) -> Result<Vec<Line>, Problem> {
        let covers = covers(&period)?;
        let entries = &ledger.get::<Payments>().entries;
        let mut accounts: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| covers.contains(&number(entry.day))) {
            accounts.entry(&entry.account).or_default().push(entry);
        }
        if accounts.is_empty() {
            return Err(Problem::Empty);
        }
        let mut accounts: Vec<_> = accounts.into_iter().collect();
        if order == Some(Order::Amount) {
            accounts.sort_by_key(|(_, entries)| total(entries));
        }
        let (poor, rich): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|(_, entries)| total(entries) < 0);
        match poor.is_empty() {
            true => Ok(rich.into_iter().map(|account| line(account, columns)).collect()),
            false => Err(Problem::Overdrawn(
                poor.into_iter().map(|account| line(account, columns)).collect(),
            )),
        }
    }

    fn close(ledger: Ledger) -> Result<(), String> {
        match ledger.get::<Payments>().sum() {
            0 => Ok(()),
            rest => Err(format!("{rest} cents are left")),
        }
    }

    fn day_before(day: Day) -> Option<Day> {
        let Day { year, month, day } = day;
        match (year, month, day) {
            (0, 1, 1) => None,
            (year, 1, 1) => Some(Day { year: year - 1, month: 12, day: 31 }),
            (year, month, 1) => Some(Day { year, month: month - 1, day: length(year, month - 1) }),
            (year, month, day) => Some(Day { year, month, day: day - 1 }),
        }
    }

    fn blank() -> Ledger {
        Ledger::new(Payments { entries: Vec::new() })
    }
}

fn covers(period: &Period) -> Result<std::ops::RangeInclusive<u32>, Problem> {
    let (first, last) = match period {
        Period::Everything => return Ok(0..=u32::MAX),
        Period::Since(first) => (*first, Day { year: u16::MAX, month: 12, day: 31 }),
        Period::Between((first, last)) => (*first, *last),
    };
    for day in [first, last] {
        if !(1..=12).contains(&day.month) || day.day == 0 || day.day > length(day.year, day.month) {
            return Err(Problem::NoSuchDay(day));
        }
    }
    Ok(number(first)..=number(last))
}

/// Days in the order of the calendar.
fn number(day: Day) -> u32 {
    (u32::from(day.year) << 16) | (u32::from(day.month) << 8) | u32::from(day.day)
}

fn length(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn total(entries: &[&Entry]) -> i64 {
    entries.iter().map(|entry| entry.amount).sum()
}

fn line((account, entries): (&str, Vec<&Entry>), columns: Column) -> Line {
    let has = |column| columns & column == column;
    let largest = entries.iter().max_by_key(|entry| entry.amount.abs());
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    Line {
        account: account.to_owned(),
        count: has(Column::COUNT).then_some(count),
        total: has(Column::TOTAL).then(|| total(&entries)),
        largest: largest.filter(|_| has(Column::LARGEST)).map(|entry| (*entry).clone()),
    }
}
