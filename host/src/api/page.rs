//! Lists, a page at a time.

use horarium_core::store::LinePlace;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;

/// How many there are on a page where nobody says.
const USUAL: u32 = 50;

/// How many there are at most.
const MOST: u32 = 500;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is on it.
    items: Vec<T>,
    /// The `cursor` of the page after it; none on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Page<T> {
    /// The page of what was found where one more was looked for than is on it.
    pub(super) fn of(mut found: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(cursor);
        Self { items: found, next }
    }

    /// The same page of something else.
    pub(super) fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(map).collect(), next: self.next }
    }
}

/// How many are wanted.
pub(super) fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    limit_of("limit", wanted)
}

/// How many are wanted, by a parameter of this name.
pub(super) fn limit_of(name: &str, wanted: Option<u32>) -> Result<u32, Problem> {
    match wanted.unwrap_or(USUAL) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Problem::misfit(format!("`{name}` is a number from 1 to {MOST}"))),
    }
}

/// Where a page begins.
pub(crate) fn cursor<T: std::str::FromStr>(text: Option<&String>) -> Result<Option<T>, Problem> {
    let read = |text: &String| {
        text.parse().map_err(|_| Problem::malformed("`cursor` is not what a page's `next` said"))
    };
    text.map(read).transpose()
}

/// Where in a log somebody goes on.
pub(super) fn place(text: Option<&str>) -> Result<Option<LinePlace>, Problem> {
    let read = |text: &str| {
        text.parse().map_err(|_| Problem::malformed("`after` is not the `id` of a line's event"))
    };
    text.map(read).transpose()
}
