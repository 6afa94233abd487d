//! Where on the network a guest may go.

mod address;
mod endpoint;
pub mod http;
mod url;

pub use self::{
    address::{is_public, plain},
    endpoint::{Endpoint, EndpointError, Host, Ports, parse_net},
    url::{PathFault, Scheme, Target, TargetError},
};
