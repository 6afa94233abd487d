//! Telling people of alerts, where they want to hear of them.
//!
//! The store keeps alerts and their deliveries (see [`horarium_core::Outbox`]); here it is
//! decided which alert goes to which channel, and each is brought there until it has
//! arrived: at least once, and with an id by which whoever gets it twice can tell.

mod channel;
mod email;
mod message;
mod outcome;
mod pattern;
mod post;
mod signature;
mod webhook;

pub(crate) use self::{
    channel::{Channel, Email, Encryption, Endpoint, Login, Way, Webhook, is_here},
    message::{Message, text},
    pattern::Pattern,
    post::{Office, Told, deliver},
    signature::key,
};
