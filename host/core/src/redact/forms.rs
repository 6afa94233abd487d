//! The forms in which a secret is likely to be printed.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::grants::Secret;

/// The shortest derived form that is looked for, in bytes: a fragment that is
/// shorter occurs by chance.
const SHORTEST: usize = 8;

/// The longest form that is looked for as one, in bytes. A longer one is looked for
/// in pieces: what is to be known of a long key, its pieces say as well, also where
/// only some of them are printed; and what makes the search is small and soon made.
const PIECE: usize = 64;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A secret as it is; each of its lines, since a log has lines; escaped as in JSON
/// and in Rust's debug format; in base64 wherever it may begin in what was encoded,
/// as in the header of an HTTP login; percent-encoded; in hexadecimal.
pub(super) fn of(secret: &str) -> BTreeSet<String> {
    let bytes = secret.as_bytes();
    let mut forms = BTreeSet::new();
    forms.extend(secret.lines().map(str::trim).filter(|line| is_telling(line)).map(str::to_owned));
    forms.extend([json(secret), secret.escape_debug().to_string()]);
    for offset in 0..3 {
        forms.extend([base64(bytes, offset, STANDARD), base64(bytes, offset, URL)]);
    }
    for hex in ["0123456789ABCDEF", "0123456789abcdef"] {
        let percent = percent(secret, hex.as_bytes());
        forms.insert(percent.replace("%20", "+"));
        forms.extend([percent, hexadecimal(bytes, hex.as_bytes())]);
    }
    forms.retain(|form| form.len() >= SHORTEST);
    // These two may be as short as secrets are.
    forms.extend([secret.trim().to_owned(), secret.to_owned()]);
    forms.retain(|form| form.chars().count() >= Secret::SHORTEST);
    forms.iter().flat_map(|form| pieces(form)).map(str::to_owned).collect()
}

/// Pieces that together are the whole; the last one overlaps the one before it.
fn pieces(form: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = form;
    while rest.len() > PIECE {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(PIECE));
        pieces.push(piece);
        rest = more;
    }
    let last = form.len().saturating_sub(PIECE).min(form.len() - rest.len());
    pieces.push(&form[form.floor_char_boundary(last)..]);
    pieces
}

/// A key in PEM has lines that every such key has.
fn is_telling(line: &str) -> bool {
    !line.starts_with("-----")
}

fn json(secret: &str) -> String {
    let quoted = serde_json::Value::from(secret).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The characters that say nothing but these bytes, where as many others as
/// `offset` says come before them in a group of three. Without padding, so that it
/// is found with and without.
fn base64(bytes: &[u8], offset: usize, alphabet: &[u8; 64]) -> String {
    let first = (8 * offset).div_ceil(6);
    let end = 8 * (offset + bytes.len()) / 6;
    let digit = |index: usize| {
        let bit = 6 * index - 8 * offset;
        let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
        let two = byte(bit / 8) << 8 | byte(bit / 8 + 1);
        alphabet[usize::from(two >> (10 - bit % 8) & 63)]
    };
    (first..end).map(|index| char::from(digit(index))).collect()
}

/// By RFC 3986: all but its unreserved characters.
fn percent(secret: &str, hex: &[u8]) -> String {
    let mut out = String::new();
    for byte in secret.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                // Writing to a string can't fail.
                let _ = write!(out, "%{}", hexadecimal(&[byte], hex));
            }
        }
    }
    out
}

fn hexadecimal(bytes: &[u8], hex: &[u8]) -> String {
    let digit = |value: u8| char::from(hex[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn has(secret: &str, form: &str) {
        let forms = of(secret);
        assert!(forms.contains(form), "{form:?} is not among {forms:?}");
    }

    #[test]
    fn every_usual_form_is_looked_for() {
        has("hunter2", "hunter2");
        has("  hunter2\n", "hunter2");
        has("say \"hunter2\"\n", "say \\\"hunter2\\\"\\n");
        has("hunter\t2ä", "hunter\\t2ä");
        has("hunter 2/ä", "hunter%202%2F%C3%A4");
        has("hunter 2/ä", "hunter%202%2f%c3%a4");
        has("hunter 2/ä", "hunter+2%2F%C3%A4");
        has("hunter2", "68756e74657232");
        has("hunter2?", "68756E746572323F");
    }

    #[test]
    fn base64_is_found_wherever_the_secret_begins() {
        // `printf 'hunter2>>' | base64` is `aHVudGVyMj4+`.
        has("hunter2>>", "aHVudGVyMj4+");
        has("hunter2>>", "aHVudGVyMj4-");
        // In `user:hunter2>>`, `dXNlcjpodW50ZXIyPj4=`, it begins after five bytes,
        // and in `ab:hunter2>>`, `YWI6aHVudGVyMj4+`, after three.
        has("hunter2>>", "h1bnRlcjI+P");
        assert!("dXNlcjpodW50ZXIyPj4=".contains(&base64(b"hunter2>>", 2, STANDARD)));
        assert!("eDpodW50ZXIyPj4=".contains(&base64(b"hunter2>>", 2, STANDARD)));
        assert!("YWFhYWh1bnRlcjI+Pg==".contains(&base64(b"hunter2>>", 1, STANDARD)));
    }

    #[test]
    fn lines_of_a_key_are_secrets_and_its_frame_is_none() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQIBADANBg\r\nkqhkiG9w0BAQ\r\n-----END KEY-----\n";
        has(key, "MIIEvQIBADANBg");
        has(key, "kqhkiG9w0BAQ");
        assert!(!of(key).iter().any(|form| form == "-----BEGIN KEY-----"));
    }

    #[test]
    fn a_long_form_is_looked_for_in_pieces() {
        let whole = "a".repeat(PIECE);
        assert_eq!(pieces(&whole), [&*whole]);
        let longer: String = ('a'..='z').cycle().take(2 * PIECE + 1).collect();
        assert_eq!(
            pieces(&longer),
            [&longer[..PIECE], &longer[PIECE..2 * PIECE], &longer[PIECE + 1..]]
        );
        let wide = "ä".repeat(PIECE);
        assert_eq!(pieces(&wide), [&wide[..PIECE], &wide[PIECE..]]);
        let odd = format!("a{wide}");
        assert!(pieces(&odd).iter().all(|piece| (PIECE - 1..=PIECE + 1).contains(&piece.len())));
    }

    #[test]
    fn what_would_be_found_everywhere_is_not_looked_for() {
        for secret in ["", "a", "short", "  a  ", "\n\n\n\n\n\n\n"] {
            let forms = of(secret);
            assert!(forms.iter().all(|form| form.chars().count() >= 6), "{secret:?}: {forms:?}");
        }
        assert!(of("a\nb\nc\nd\ne\nf").iter().all(|form| form.len() > 3));
    }
}
