//! Who hears what becomes of alerts.

use horarium_core::alert::{Alert, Delivery, Tried};

use super::narrator::Narrator;
use crate::{notify::Told, telemetry::Watchers};

impl Told for Watchers<Narrator> {
    fn raised(&self, alert: &Alert) {
        self.metrics.alert(alert);
    }

    fn tried(&self, delivery: &Delivery, tried: &Tried) {
        self.metrics.delivery(tried);
        self.narrator.delivery(delivery, tried);
    }
}
