//! Alerts, and how they come to where people want to hear of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::{
    alert::{Alert, AlertId, Delivery, DeliveryState, Tried},
    name::{ChannelName, TaskName},
    run::RunId,
};

/// Alerts and their deliveries. An alert is written by the transaction that records what
/// it is about. Which channels it goes to is decided once, and each of these deliveries is
/// remembered until it has arrived or nobody tries any more.
pub trait Outbox: Send + Sync + 'static {
    /// Alerts, newest first, with how far each has come.
    fn alerts(
        &self,
        query: AlertQuery,
    ) -> impl Future<Output = Result<Vec<AlertView>, StoreError>> + Send;

    /// Alerts about which it is not decided where they go, oldest first.
    fn unrouted(&self, limit: u32) -> impl Future<Output = Result<Vec<Alert>, StoreError>> + Send;

    /// Decides about all alerts up to this one: those that are named go where it is said,
    /// the others nowhere.
    fn route(
        &self,
        up_to: AlertId,
        routes: Vec<(AlertId, ChannelName)>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Deliveries to a channel whose time has come, or whose run is over. A task's alerts
    /// come one after the other: none while an earlier one is on its way.
    fn due(
        &self,
        channel: ChannelName,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Due, StoreError>> + Send;

    /// Gives up all deliveries to channels other than these.
    fn abandon(
        &self,
        known: Vec<ChannelName>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes down how a try to deliver went.
    fn tried(
        &self,
        alert: AlertId,
        channel: ChannelName,
        tried: Tried,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Which alerts are wanted.
#[derive(Debug, Clone, Default)]
pub struct AlertQuery {
    /// Those of this task.
    pub task: Option<TaskName>,
    /// Those before this one.
    pub before: Option<AlertId>,
    /// Those of what is wrong now, with tasks that the configuration has: of each condition
    /// the alert that began it.
    pub open: bool,
    /// At most so many.
    pub limit: u32,
}

/// An alert, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertView {
    /// The alert.
    #[serde(flatten)]
    pub alert: Alert,
    /// Where it goes, by the names of the channels.
    pub deliveries: Vec<DeliveryView>,
}

/// How far an alert has come on its way to a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryView {
    /// The channel.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub channel: ChannelName,
    /// How far.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// When it was tried last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// When it is tried next, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The run that brings it, or was the last one to do so, where a task is the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Why it did not arrive the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Deliveries to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// The deliveries, the longest due first.
    pub deliveries: Vec<Delivery>,
    /// When the time of another one comes.
    pub next: Option<Timestamp>,
    /// Whether runs bring some now, of which nobody is told when they are over.
    pub handed: bool,
}
