//! Numbers of bytes.

use bytesize::ByteSize;

use super::Misread;

/// Reads a number of bytes such as `64MiB` or `65536`.
pub(crate) fn bytes(text: &str) -> Result<u64, Misread> {
    text.parse().map(|size: ByteSize| size.as_u64()).map_err(|_| {
        let what = match text.starts_with('-') {
            true => "is not a number of bytes: it is negative",
            false => "is not a number of bytes",
        };
        Misread::new(what, "write a number of bytes", ["64MiB", "65536"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_is_told_in_our_own_words() {
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!(bytes("65536"), Ok(65_536));
        for (text, what) in [
            ("lots", "it is not a number of bytes; write a number of bytes, such as `64MiB`"),
            ("64 XiB", "it is not a number of bytes; write"),
            ("-1MiB", "it is negative"),
            ("", "it is not a number of bytes; write"),
        ] {
            let told = bytes(text).unwrap_err().to_string();
            assert!(told.contains(what), "{text}: {told}");
        }
    }
}
