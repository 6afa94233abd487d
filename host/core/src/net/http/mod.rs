//! HTTP requests that a guest may send: where to, how, with whose credential, and
//! how much of it.

mod credential;
mod grant;
mod limits;
mod method;

pub use self::{
    credential::{Credential, CredentialError, Place, is_reserved_header},
    grant::{HttpGrant, Prefix, PrefixError, Refusal, deciding},
    limits::HttpLimits,
    method::{Method, MethodError, Methods},
};
