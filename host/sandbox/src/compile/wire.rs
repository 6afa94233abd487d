//! What parent and child say to each other, through the child's standard input
//! and output: one line of JSON, and as many bytes after it as that line says.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, Read},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wasmtime::Engine;

use crate::engine::Metering;

/// The longest line, in bytes: an error's text, each of its bytes escaped.
pub(super) const LINE: usize = 16 << 10;

/// What is to be done. The plugin's bytes follow. The parent keeps its end open
/// for as long as it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// For which engine.
    pub(super) metering: Metering,
    /// What code for that engine depends on; see [`fingerprint`].
    pub(super) engine: u64,
    /// Computing time, in seconds.
    pub(super) seconds: u64,
    /// Address space, in bytes.
    pub(super) memory: u64,
    /// How many bytes follow.
    pub(super) length: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// Code of this many bytes, which follow.
    Compiled { length: u64 },
    /// The plugin is not valid. The text may hold words of the plugin's.
    Invalid { reason: String },
    /// It is a module that can't be made a plugin. The text may hold words of its.
    CoreModule { reason: String },
    /// It consists of more than a host holds.
    Excessive { reason: String },
    /// The memory was not enough.
    OutOfMemory,
    /// The compiler has a fault.
    Panicked { reason: String },
    /// The child's code would not fit the parent's engine.
    OtherEngine,
    /// The child could not even begin.
    Unable { reason: String },
}

/// A line for this message.
pub(super) fn line<M: Serialize>(message: &M) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// The message in this line.
pub(super) fn parse<M: DeserializeOwned>(line: &[u8]) -> io::Result<M> {
    let line = line
        .strip_suffix(b"\n")
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "half a line"))?;
    Ok(serde_json::from_slice(line)?)
}

/// Reads one message.
pub(super) fn read<M: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<M> {
    let mut line = Vec::new();
    let limit = u64::try_from(LINE).unwrap_or(u64::MAX);
    from.take(limit).read_until(b'\n', &mut line)?;
    parse(&line)
}

/// What makes code fit an engine: version and settings of wasmtime, and the
/// processor.
pub(crate) fn fingerprint(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_its_way() {
        let order = Order {
            metering: Metering::Unmetered,
            engine: u64::MAX,
            seconds: 60,
            memory: 2 << 30,
            length: 3,
        };
        let mut sent = line(&order).unwrap();
        sent.extend(b"abc");
        let mut received = sent.as_slice();
        assert_eq!(read::<Order>(&mut received).unwrap(), order);
        assert_eq!(received, b"abc");
        let reply = Reply::Invalid { reason: "two\nlines \u{1b}[31m".to_owned() };
        assert_eq!(read::<Reply>(&mut line(&reply).unwrap().as_slice()).unwrap(), reply);
        assert_eq!(parse::<Reply>(b"\"out_of_memory\"\n").unwrap(), Reply::OutOfMemory);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for garbage in [&b""[..], b"\n", b"{}", b"{}\n", b"hello\n", b"\"out_of_memory\""] {
            assert!(read::<Reply>(&mut &garbage[..]).is_err(), "{garbage:?}");
        }
        let endless = vec![b' '; 1 << 20];
        let mut left = endless.as_slice();
        assert!(read::<Reply>(&mut left).is_err());
        assert_eq!(left.len(), endless.len() - LINE, "no more is read than a line has");
    }
}
