//! Addresses to listen at.

use std::net::{IpAddr, SocketAddr};

use super::Misread;

/// The port that is shown where none was written.
const PORT: u16 = 7878;

/// Reads an address and a port such as `127.0.0.1:7878`. Names are for those who connect: who
/// listens at one could not say how many addresses that is.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Misread> {
    text.parse().map_err(|_| misread(text))
}

fn misread(text: &str) -> Misread {
    let told = |what: &str, examples: Vec<String>| {
        let what = format!("is not an address to listen at{what}");
        Misread::new(what, "write an address and a port", examples)
    };
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return told(": it has no port", vec![SocketAddr::new(address, PORT).to_string()]);
    }
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", text),
        None => (text, ""),
    };
    let (port, is_port) = match port.parse::<u16>() {
        Ok(port) => (port, true),
        Err(_) => (PORT, port.is_empty()),
    };
    let here = vec![format!("127.0.0.1:{port}")];
    if text.contains("://") {
        return told(": it is a URL", vec![format!("127.0.0.1:{PORT}")]);
    }
    match name {
        _ if !is_port => told(": ports are numbers from 0 to 65535", here),
        "" | "*" => told(": it has no address", vec![here.concat(), format!("0.0.0.0:{port}")]),
        name if name.parse::<IpAddr>().is_ok() => told("", here),
        name => told(&format!(": {name:?} is a name"), here),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_none_is_answered_with_what_was_meant() {
        assert_eq!(address("[::1]:0").unwrap().port(), 0);
        for (text, what, example) in [
            ("localhost:17900", ": \"localhost\" is a name;", "`127.0.0.1:17900`"),
            ("localhost", ": \"localhost\" is a name;", "`127.0.0.1:7878`"),
            ("127.0.0.1", ": it has no port;", "`127.0.0.1:7878`"),
            ("::1", ": it has no port;", "`[::1]:7878`"),
            ("8080", ": it has no address;", "`127.0.0.1:8080` or `0.0.0.0:8080`"),
            (":8080", ": it has no address;", "`127.0.0.1:8080`"),
            ("*:8080", ": it has no address;", "`0.0.0.0:8080`"),
            ("127.0.0.1:99999", ": ports are numbers", "`127.0.0.1:7878`"),
            ("127.0.0.1:http", ": ports are numbers", "`127.0.0.1:7878`"),
            ("http://localhost:8080", ": it is a URL;", "`127.0.0.1:7878`"),
            ("", ": it has no address;", "`127.0.0.1:7878`"),
        ] {
            let told = address(text).unwrap_err().to_string();
            assert!(told.contains(what) && told.contains(example), "{text}: {told}");
        }
    }
}
