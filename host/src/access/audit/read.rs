//! Reading the audit log from its end.

use std::{
    fmt,
    fs::File,
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
    str::FromStr,
};

use super::{AuditLine, NAME};

/// How much is read at once, in bytes. No line is longer than a part of it.
const BLOCK: usize = 64 << 10;

/// A place between two lines: of which file, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    inode: u64,
    offset: u64,
}

/// A line, and where it begins.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) place: Place,
    pub(crate) line: AuditLine,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The file is another one by now.
    #[error("the audit log was begun anew since; read it from its end")]
    Moved,
    #[error("can't read the audit log: {0}")]
    Io(#[from] io::Error),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.inode, self.offset)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (inode, offset) = text.split_once('-').ok_or(())?;
        let number = |text: &str| text.parse().map_err(|_| ());
        Ok(Self { inode: number(inode)?, offset: number(offset)? })
    }
}

/// The last lines before a place, or before the end, newest first. What is no line of this
/// log, such as the half that a full disk has left, is passed over.
pub(crate) fn before(
    data_dir: &Path,
    place: Option<Place>,
    limit: usize,
) -> Result<Vec<Placed>, ReadError> {
    let file = match File::open(data_dir.join(NAME)) {
        Ok(file) => file,
        Err(reason) if reason.kind() == io::ErrorKind::NotFound && place.is_none() => {
            return Ok(Vec::new());
        }
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Err(ReadError::Moved),
        Err(reason) => return Err(reason.into()),
    };
    let found = file.metadata()?;
    let inode = found.ino();
    let mut end = match place {
        None => found.len(),
        Some(place) if place.inode == inode && place.offset <= found.len() => place.offset,
        Some(_) => return Err(ReadError::Moved),
    };
    let mut lines = Vec::new();
    while lines.len() < limit && end > 0 {
        let (begin, block) = whole_lines(&file, end)?;
        let mut line_end = block.len();
        // Newest first: from the last line of the block to its first.
        while line_end > 0 && lines.len() < limit {
            let rest = block.get(..line_end.saturating_sub(1)).unwrap_or_default();
            let start = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
            if let Ok(line) = serde_json::from_slice(&rest[start..]) {
                let offset = begin + u64::try_from(start).unwrap_or_default();
                lines.push(Placed { place: Place { inode, offset }, line });
            }
            line_end = start;
        }
        end = begin;
    }
    Ok(lines)
}

/// The whole lines that end at an offset, and where they begin; at least one byte of them.
fn whole_lines(file: &File, end: u64) -> io::Result<(u64, Vec<u8>)> {
    let length = usize::try_from(end).unwrap_or(BLOCK).min(BLOCK);
    let begin = end - u64::try_from(length).unwrap_or(end);
    let mut block = vec![0; length];
    file.read_exact_at(&mut block, begin)?;
    if begin == 0 {
        return Ok((begin, block));
    }
    // The first one is cut, unless a line begins here; it comes with the block before.
    match block.iter().take(length - 1).position(|byte| *byte == b'\n') {
        Some(place) => {
            let rest = block.split_off(place + 1);
            Ok((begin + u64::try_from(place + 1).unwrap_or_default(), rest))
        }
        // One endless line, which nobody here has written.
        None => Ok((begin, Vec::new())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::tempdir;

    use super::*;
    use crate::access::caller::Peer;

    fn line(number: usize) -> AuditLine {
        let peer = Peer::Socket { uid: 0 };
        let path = format!("/{number}{}", "x".repeat(number % 400));
        AuditLine::asked(number.to_string(), None, peer, "trigger_task", &path)
    }

    #[test]
    fn pages_hold_every_line_once_newest_first() {
        let dir = tempdir().unwrap();
        let mut text = String::new();
        for number in 0..2000 {
            text += &serde_json::to_string(&line(number)).unwrap();
            text += "\n";
            if number % 100 == 0 {
                text += "half of a li\n";
            }
        }
        text += &"noise".repeat(BLOCK);
        fs::write(dir.path().join(NAME), &text).unwrap();
        let (mut place, mut seen) = (None, Vec::new());
        loop {
            let page = before(dir.path(), place, 37).unwrap();
            let Some(last) = page.last() else { break };
            place = Some(last.place.to_string().parse().unwrap());
            seen.extend(page.into_iter().map(|placed| placed.line.request));
        }
        let wanted: Vec<_> = (0..2000).rev().map(|number| number.to_string()).collect();
        assert_eq!(seen, wanted);
    }

    #[test]
    fn a_place_is_of_one_file() {
        let dir = tempdir().unwrap();
        assert!(before(dir.path(), None, 1).unwrap().is_empty());
        let place = |inode, offset| Some(Place { inode, offset });
        assert!(matches!(before(dir.path(), place(1, 0), 1), Err(ReadError::Moved)));
        fs::write(dir.path().join(NAME), "\n\n").unwrap();
        let inode = fs::metadata(dir.path().join(NAME)).unwrap().ino();
        assert!(before(dir.path(), place(inode, 2), 1).unwrap().is_empty());
        assert!(matches!(before(dir.path(), place(inode, 3), 1), Err(ReadError::Moved)));
        assert!(matches!(before(dir.path(), place(inode + 1, 0), 1), Err(ReadError::Moved)));
        assert!("1".parse::<Place>().is_err() && "a-1".parse::<Place>().is_err());
    }
}
