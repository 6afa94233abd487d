//! Values on the command line.

use std::{path::PathBuf, time::Duration};

use horarium_core::{
    grants::{DirAccess, DirGrant, Origin, Secret, Variable},
    limits::Fuel,
    net::http::{HttpGrant, Methods},
};
use serde_json::{Value, error::Category};

use crate::written;

pub(in crate::cli) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|reason| match reason.classify() {
        Category::Eof => "this is not JSON: it ends too early".to_owned(),
        _ => format!(
            "this is not JSON: it makes no sense at character {} of line {}; write such as \
             `{{\"depth\": 3}}`",
            reason.column(),
            reason.line()
        ),
    })
}

/// A length of time that something can happen in.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match written::length(text).map_err(|why| why.to_string())? {
        Duration::ZERO => Err("no attempt can be over in no time".to_owned()),
        length => Ok(length),
    }
}

pub(super) fn fuel(text: &str) -> Result<Fuel, String> {
    match text {
        "unlimited" => Ok(Fuel::Unlimited),
        units => match units.replace('_', "").parse() {
            Ok(units @ 1..) => Ok(Fuel::Limited(units)),
            _ => Err("fuel is a number above zero, or `unlimited`".to_owned()),
        },
    }
}

pub(super) fn dir(text: &str) -> Result<DirGrant, String> {
    let mut parts = text.split("::");
    let (Some(host), Some(guest), access, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("write HOST::GUEST or HOST::GUEST::rw".to_owned());
    };
    let access = match access {
        None | Some("ro") => DirAccess::ReadOnly,
        Some("rw") => DirAccess::ReadWrite,
        Some(other) => return Err(format!("{other:?} is neither `ro` nor `rw`")),
    };
    let path = PathBuf::from(host);
    let host = path.canonicalize().map_err(|reason| format!("{host}: {reason}"))?;
    if !host.is_dir() {
        return Err(format!("{} is not a directory", host.display()));
    }
    Ok(DirGrant { host, guest: guest.to_owned(), access })
}

pub(super) fn env(text: &str) -> Result<Variable, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Variable {
            name: name.to_owned(),
            value: Secret::new(value),
            origin: Origin::Written,
        }),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

pub(super) fn http(text: &str) -> Result<HttpGrant, String> {
    let (methods, url) = match text.trim().rsplit_once(' ') {
        Some((methods, url)) => {
            let methods = methods.split(',').map(|method| method.trim().parse());
            let methods: Result<Vec<_>, _> = methods.collect();
            (Methods::new(methods.map_err(|reason| format!("{reason}"))?), url)
        }
        None => (Methods::default(), text),
    };
    let prefix = url.parse().map_err(|reason| format!("{reason}"))?;
    Ok(HttpGrant { prefix, methods, within: Vec::new(), credential: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_granted_as_they_are_shown() {
        for text in ["GET https://a.example/", "POST, PUT https://a.example/v1"] {
            assert_eq!(http(text).unwrap().to_string(), text);
        }
        assert_eq!(http("https://a.example").unwrap().to_string(), "GET https://a.example/");
        for wrong in ["", "a.example", "get https://a.example", "https://a.example/?b"] {
            assert!(http(wrong).is_err(), "{wrong}");
        }
    }
}
