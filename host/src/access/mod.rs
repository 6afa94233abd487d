//! Who may ask the host for what.
//!
//! All that comes in over a connection goes through [`gate`]: it looks at the name that the
//! host is asked by, at the site that makes a browser ask, and at who asks. Behind it each
//! route has a [`Rule`] that says what scope it takes. What these decide are pure functions,
//! a file each.

pub(crate) mod audit;
mod body;
mod bucket;
mod caller;
mod gate;
mod hosts;
mod keyring;
pub(crate) mod login;
mod logins;
mod notice;
mod origin;
mod refused;
mod rule;
mod scope;
mod sessions;
pub(crate) mod token;
pub(crate) mod tokens;

pub(crate) use self::{
    body::{Longest, whole},
    caller::{Caller, Peer, Who},
    gate::{Gate, enter, stray},
    hosts::is_host_name,
    logins::network,
    notice::{Notice, Notices},
    refused::Refused,
    rule::{Door, Rule, guarded},
    scope::Scope,
};
