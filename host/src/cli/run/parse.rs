//! Values on the command line.

use std::{path::PathBuf, time::Duration};

use horarium_core::{
    grants::{DirAccess, DirGrant, Origin, Secret, Variable},
    limits::Fuel,
};
use jiff::SignedDuration;
use serde_json::Value;

pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|reason| format!("not JSON: {reason}"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let length: SignedDuration = text.parse().map_err(|reason| format!("{reason}"))?;
    match Duration::try_from(length) {
        Ok(length) if !length.is_zero() => Ok(length),
        _ => Err("no attempt can be over in no time".to_owned()),
    }
}

pub(super) fn fuel(text: &str) -> Result<Fuel, String> {
    match text {
        "unlimited" => Ok(Fuel::Unlimited),
        units => match units.replace('_', "").parse() {
            Ok(units @ 1..) => Ok(Fuel::Limited(units)),
            _ => Err("a number above zero, or `unlimited`".to_owned()),
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
