//! A zone's file, as far as it is about the future (RFC 8536, versions 2 to 4).

use std::iter;

use horarium_sdk::prelude::*;

use crate::{
    bytes::Bytes,
    change::{Change, LocalTime},
    posix::Posix,
};

/// The bytes that every such file begins with.
pub(crate) const MAGIC: &[u8] = b"TZif";

/// A zone.
#[derive(Debug)]
pub(crate) struct Tzif {
    /// Instants, and which of the `types` holds from then on.
    transitions: Vec<(i64, usize)>,
    types: Vec<LocalTime>,
    /// What holds after the last transition, if the file says so.
    footer: Option<Posix>,
}

impl Tzif {
    pub(crate) fn parse(data: &[u8]) -> anyhow::Result<Self> {
        let mut bytes = Bytes(data);
        // The first part is for readers that know 32 bits only.
        let header = Header::parse(&mut bytes)?;
        ensure!(header.version >= b'2', "a file of version 1, without a footer");
        bytes.take(header.length(4))?;

        let header = Header::parse(&mut bytes)?;
        let mut body = Bytes(bytes.take(header.length(8))?);
        let instants: Vec<i64> = repeat(header.transitions, || body.i64())?;
        let indices = body.take(header.transitions)?;
        let types = types(&header, &mut body)?;
        ensure!(
            indices.iter().all(|&index| usize::from(index) < types.len()),
            "a transition to a local time that is not there"
        );
        let indices = indices.iter().map(|&index| usize::from(index));
        Ok(Self {
            transitions: instants.into_iter().zip(indices).collect(),
            types,
            footer: footer(bytes.0)?,
        })
    }

    /// Whether the clock will be set twice a year, for good.
    pub(crate) fn saves_daylight(&self) -> bool {
        self.footer.as_ref().is_some_and(|footer| footer.daylight.is_some())
    }

    /// The first change of what the clock shows after an instant.
    pub(crate) fn next_change(&self, after: i64) -> Option<Change> {
        // Until the first transition it is the first type that holds.
        let before = iter::once(0).chain(self.transitions.iter().map(|(_, to)| *to));
        let listed = self.transitions.iter().zip(before).find_map(|((at, to), from)| {
            let (from, to) = (&self.types[from], &self.types[*to]);
            // Some transitions change nothing that a clock shows.
            (*at > after && from != to).then(|| Change::new(*at, from, to))
        });
        listed.or_else(|| {
            let last = self.transitions.last().map_or(i64::MIN, |(at, _)| *at);
            self.footer.as_ref()?.next_change(after.max(last))
        })
    }
}

/// How much of everything follows.
struct Header {
    version: u8,
    ut_indicators: usize,
    standard_indicators: usize,
    leap_seconds: usize,
    transitions: usize,
    types: usize,
    name_bytes: usize,
}

impl Header {
    fn parse(bytes: &mut Bytes<'_>) -> anyhow::Result<Self> {
        ensure!(bytes.take(4)? == MAGIC, "not a time zone");
        let version = bytes.byte()?;
        bytes.take(15)?;
        Ok(Self {
            version,
            ut_indicators: bytes.count()?,
            standard_indicators: bytes.count()?,
            leap_seconds: bytes.count()?,
            transitions: bytes.count()?,
            types: bytes.count()?,
            name_bytes: bytes.count()?,
        })
    }

    /// Bytes of the part that this header is for, with instants of `size` bytes.
    fn length(&self, size: usize) -> usize {
        [
            self.transitions.saturating_mul(size + 1),
            self.types.saturating_mul(6),
            self.name_bytes,
            self.leap_seconds.saturating_mul(size + 4),
            self.standard_indicators,
            self.ut_indicators,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

fn types(header: &Header, body: &mut Bytes<'_>) -> anyhow::Result<Vec<LocalTime>> {
    let raw = repeat(header.types, || {
        let offset = i64::from(body.i32()?);
        let _is_daylight_saving = body.byte()?;
        Ok((offset, usize::from(body.byte()?)))
    })?;
    let names = body.take(header.name_bytes)?;
    let name = |start: usize| {
        let name = names.get(start..)?.split(|&byte| byte == 0).next()?;
        Some(String::from_utf8_lossy(name).into_owned())
    };
    raw.into_iter()
        .map(|(offset, start)| {
            let name = name(start).context("a local time whose name is not there")?;
            Ok(LocalTime { name, offset })
        })
        .collect()
}

/// What stands between the two line feeds at the end; nothing is allowed, too.
fn footer(bytes: &[u8]) -> anyhow::Result<Option<Posix>> {
    let text = std::str::from_utf8(bytes)?;
    let text = text.strip_prefix('\n').and_then(|text| text.strip_suffix('\n'));
    match text.context("no footer")? {
        "" => Ok(None),
        text => Posix::parse(text).map(Some),
    }
}

fn repeat<T>(times: usize, read: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<Vec<T>> {
    iter::repeat_with(read).take(times).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with an empty first part, and these in the second one.
    fn file(transitions: &[(i64, u8)], types: &[(i32, u8)], names: &[u8], footer: &str) -> Vec<u8> {
        let header = |counts: [usize; 3]| {
            let counts = counts.map(|count| u32::try_from(count).unwrap().to_be_bytes());
            [MAGIC, b"2", &[0; 15 + 12], &counts.concat()].concat()
        };
        let mut file = header([0, 0, 0]);
        file.extend(header([transitions.len(), types.len(), names.len()]));
        file.extend(transitions.iter().flat_map(|(at, _)| at.to_be_bytes()));
        file.extend(transitions.iter().map(|(_, to)| to));
        for (offset, name) in types {
            file.extend(offset.to_be_bytes());
            file.extend([0, *name]);
        }
        [&file, names, b"\n", footer.as_bytes(), b"\n"].concat()
    }

    const PARIS: [(i32, u8); 2] = [(3600, 0), (7200, 4)];

    fn paris() -> Vec<u8> {
        // The two changes of 1996, the first of which is listed twice.
        let transitions = [(0, 0), (828_234_000, 1), (828_234_001, 1), (846_378_000, 0)];
        file(&transitions, &PARIS, b"CET\0CEST\0", "CET-1CEST,M3.5.0,M10.5.0/3")
    }

    #[test]
    fn listed_changes_come_before_the_rules() {
        let zone = Tzif::parse(&paris()).unwrap();
        assert!(zone.saves_daylight());
        let next = |after| zone.next_change(after).unwrap();
        assert_eq!(next(0).at, "1996-03-31T01:00:00Z");
        assert_eq!(next(828_234_000).at, "1996-10-27T01:00:00Z");
        assert_eq!(next(846_378_000).at, "1997-03-30T01:00:00Z");
        assert_eq!(next(0).to, "CEST +02:00");
    }

    #[test]
    fn without_a_rule_the_last_change_is_the_last() {
        let zone = Tzif::parse(&file(&[(0, 0), (9, 1)], &PARIS, b"CET\0CEST\0", "")).unwrap();
        assert!(!zone.saves_daylight());
        assert_eq!(zone.next_change(8).unwrap().at, "1970-01-01T00:00:09Z");
        assert_eq!(zone.next_change(9), None);

        let zone = Tzif::parse(&file(&[(7, 1)], &PARIS, b"CET\0CEST\0", "")).unwrap();
        assert_eq!(zone.next_change(0).unwrap().from, "CET +01:00");
    }

    #[test]
    fn no_prefix_of_a_file_is_a_zone_and_none_panics() {
        let file = paris();
        for length in 0..file.len() {
            assert!(Tzif::parse(&file[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn indices_are_checked() {
        assert!(Tzif::parse(&file(&[(0, 2)], &PARIS, b"CET\0CEST\0", "")).is_err());
        assert!(Tzif::parse(&file(&[(0, 0)], &[(0, 9)], b"UTC\0", "")).is_err());
        let mut huge = paris();
        huge[32..36].fill(0xff);
        assert!(Tzif::parse(&huge).is_err());
    }
}
