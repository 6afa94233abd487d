//! Rust values as SQLite sees them. Instants are microseconds since 1970.

use jiff::Timestamp;
use rusqlite::{
    Row, RowIndex,
    types::{FromSqlError, Type, ValueRef},
};

/// A column, by its name; by its place where a row is read so often that looking for the
/// name counts.
pub(super) trait Column: RowIndex + Copy {}

impl<C: RowIndex + Copy> Column for C {}

/// An instant as a column.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// An amount as a column; SQLite has no larger numbers.
pub(super) fn amount(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A column that holds an amount.
pub(super) fn read_amount(row: &Row<'_>, column: impl Column) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| nonsense(row, column, format!("{value} is no amount")))
}

/// A column that holds an instant.
pub(super) fn read_instant(row: &Row<'_>, column: impl Column) -> rusqlite::Result<Timestamp> {
    instant(row.get(column)?).map_err(|reason| nonsense(row, column, reason))
}

/// A column that may hold an instant.
pub(super) fn read_instant_option(
    row: &Row<'_>,
    column: impl Column,
) -> rusqlite::Result<Option<Timestamp>> {
    let micros: Option<i64> = row.get(column)?;
    micros.map(instant).transpose().map_err(|reason| nonsense(row, column, reason))
}

fn instant(micros: i64) -> Result<Timestamp, String> {
    // Not `from_microsecond`, which refuses the last second there is.
    let nanosecond = i128::from(micros) * 1_000;
    Timestamp::from_nanosecond(nanosecond).map_err(|reason| reason.to_string())
}

/// A column that holds a word, understood by `meaning`.
pub(super) fn read_word<T>(
    row: &Row<'_>,
    column: impl Column,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let word = row.get_ref(column)?.as_str()?;
    meaning(word).ok_or_else(|| nonsense(row, column, format!("{word:?} means nothing")))
}

/// The same for a column that may be empty.
pub(super) fn read_word_option<T>(
    row: &Row<'_>,
    column: impl Column,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => read_word(row, column, meaning).map(Some),
    }
}

/// What a column holds is nothing that this program wrote.
pub(super) fn nonsense(row: &Row<'_>, column: impl Column, reason: String) -> rusqlite::Error {
    let index = column.idx(row.as_ref()).unwrap_or_default();
    let name = row.as_ref().column_name(index).unwrap_or_default();
    let reason = format!("column {name}: {reason}");
    rusqlite::Error::FromSqlConversionFailure(
        index,
        Type::Null,
        Box::new(FromSqlError::Other(reason.into())),
    )
}
