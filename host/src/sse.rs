//! Server-sent events, as a host sends them: each of one name, and one line of JSON.

use anyhow::{Result, bail};
use serde_json::Value;

/// The longest event that is read, in bytes. A host bounds what guests say far below.
const LONGEST: usize = 4 << 20;

/// An event.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    /// Its name.
    pub(crate) name: String,
    /// Its data.
    pub(crate) data: Value,
}

/// Bytes on their way to events.
#[derive(Default)]
pub(crate) struct Events {
    bytes: Vec<u8>,
    name: String,
    data: String,
}

impl Events {
    /// Takes what came.
    ///
    /// # Errors
    /// Where there is no end of it.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<()> {
        if self.bytes.len() + bytes.len() > LONGEST {
            bail!("the host sends an event that does not end");
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// The next event that is whole; none where none is.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn next(&mut self) -> Result<Option<Told>> {
        let mut read = 0;
        let mut told = None;
        while told.is_none()
            && let Some(length) = self.bytes[read..].iter().position(|byte| *byte == b'\n')
        {
            let line = String::from_utf8_lossy(&self.bytes[read..read + length]).into_owned();
            read += length + 1;
            told = self.line(line.trim_end_matches('\r'))?;
        }
        self.bytes.drain(..read);
        Ok(told)
    }

    fn line(&mut self, line: &str) -> Result<Option<Told>> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push_str(value),
            "" if line.is_empty() && !self.data.is_empty() => {
                let name = std::mem::take(&mut self.name);
                let data = std::mem::take(&mut self.data);
                let Ok(data) = serde_json::from_str(&data) else {
                    bail!("the host sends an event that is no JSON");
                };
                return Ok(Some(Told { name, data }));
            }
            // What is not needed here, and signs of life.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_come_in_pieces() {
        let text = ": still here\n\nevent: line\nid: 1-2\ndata: {\"message\":\"a: b\"}\n\nevent: end\r\ndata: 7\r\n\r\nevent: half";
        let (mut events, mut all) = (Events::default(), Vec::new());
        for byte in text.bytes() {
            events.add(&[byte]).unwrap();
            all.extend(events.next().unwrap());
        }
        let told = |name: &str, data| Told { name: name.to_owned(), data };
        assert_eq!(all, [told("line", json!({ "message": "a: b" })), told("end", json!(7))]);
        let mut together = Events::default();
        together.add(text.as_bytes()).unwrap();
        assert_eq!(together.next().unwrap().unwrap(), all[0]);
        assert_eq!(together.next().unwrap().unwrap(), all[1]);
        assert_eq!(together.next().unwrap(), None);
    }

    #[test]
    fn what_is_no_event_is_an_error() {
        let mut events = Events::default();
        events.add(b"data: {\n\n").unwrap();
        assert!(events.next().is_err());
        let mut endless = Events::default();
        assert!(endless.add(&vec![b'a'; LONGEST + 1]).is_err());
    }
}
