//! What an attempt may use, and what no task may exceed.

use std::{fmt::Display, time::Duration};

use horarium_core::limits::{Bounds, Caps, Fuel, show_duration};

use super::{
    super::{
        decode::At,
        raw::{RawBounds, RawHost},
        values::{Bytes, Count},
        wishes::{LimitKeys, bound_wishes},
    },
    Checker,
};

/// What no task may exceed; nor more than what there is for all of them.
pub(super) fn caps(host: &RawHost, all: u64) -> Caps {
    let max = host.max.as_ref().map(|max| max.value.clone()).unwrap_or_default();
    let bytes = |at: Option<At<Bytes>>, most: u64| at.map_or(most, |at| at.value.0);
    Caps {
        timeout: max.timeout.map_or(Caps::DEFAULT.timeout, |timeout| timeout.value),
        fuel: max.fuel.map_or(Caps::DEFAULT.fuel, |fuel| fuel.value),
        memory: bytes(max.memory, Caps::DEFAULT.memory).min(all),
        log: bytes(max.log, Caps::DEFAULT.log),
        output: bytes(max.output, Caps::DEFAULT.output),
        bounds: max.limits.map_or(Bounds::MOST, |limits| bound_wishes(&limits.value).as_caps()),
    }
}

impl Checker<'_> {
    /// Says where a table asks for more than the host allows, or for nothing at all.
    pub(super) fn limits(&mut self, keys: &LimitKeys<'_>) {
        let caps = self.caps;
        if let Some(timeout) = keys.timeout {
            if timeout.value.is_zero() {
                self.wrong(timeout, "no attempt can be over in no time", "such as `\"30s\"`");
            } else if timeout.value > caps.timeout {
                self.exceeds(timeout, "timeout", &show_duration(caps.timeout));
            }
        }
        if let (Some(fuel), Fuel::Limited(most)) = (keys.fuel, caps.fuel) {
            let within = matches!(fuel.value, Fuel::Limited(units) if units <= most);
            if !within {
                self.exceeds(fuel, "fuel", &most);
            }
        }
        if let Some(memory) = keys.memory
            && memory.value.0 > caps.memory
        {
            let message = format!("the host allows at most {} bytes", caps.memory);
            let help = "make it less, or raise `host.max.memory` and `host.memory`";
            self.wrong(memory, message, help);
        }
        self.bytes(keys.log, "log", caps.log);
        self.bytes(keys.output, "output", caps.output);
        if let Some(bounds) = keys.limits {
            self.bounds(&bounds.value, &caps.bounds);
        }
    }

    fn bounds(&mut self, raw: &RawBounds, most: &Bounds) {
        self.count(raw.instances.as_ref(), "limits.instances", most.instances);
        self.count(raw.memories.as_ref(), "limits.memories", most.memories);
        self.count(raw.tables.as_ref(), "limits.tables", most.tables);
        self.count(raw.table_elements.as_ref(), "limits.table_elements", most.table_elements);
        self.count(raw.handles.as_ref(), "limits.handles", most.handles);
        self.count(raw.resources.as_ref(), "limits.resources", most.resources);
        self.bytes(raw.host_call.as_ref(), "limits.host_call", most.host_call);
        self.bytes(raw.random.as_ref(), "limits.random", most.random);
        if let Some(at) = raw.state_reads.as_ref().filter(|at| at.value.0 > most.state_reads) {
            self.exceeds(at, "limits.state_reads", &most.state_reads);
        }
        self.bytes(raw.checkpoint.as_ref(), "limits.checkpoint", most.checkpoint);
        self.bytes(raw.checkpoint_rate.as_ref(), "limits.checkpoint_rate", most.checkpoint_rate);
        self.count(raw.log_rate.as_ref(), "limits.log_rate", most.log_rate);
        self.count(raw.http_requests.as_ref(), "limits.http_requests", most.http_requests);
        let connections = raw.http_connections.as_ref();
        self.count(connections, "limits.http_connections", most.http_connections);
        self.bytes(raw.http_sent.as_ref(), "limits.http_sent", most.http_sent);
        self.bytes(raw.http_received.as_ref(), "limits.http_received", most.http_received);
        self.bytes(raw.http_headers.as_ref(), "limits.http_headers", most.http_headers);
        let longest = Duration::from_millis(most.http_wait);
        if let Some(at) = raw.http_wait.as_ref().filter(|at| at.value > longest) {
            self.exceeds(at, "limits.http_wait", &show_duration(longest));
        }
    }

    fn bytes(&mut self, at: Option<&At<Bytes>>, key: &str, most: u64) {
        if let Some(at) = at.filter(|at| at.value.0 > most) {
            self.exceeds(at, key, &format_args!("{most} bytes"));
        }
    }

    fn count(&mut self, at: Option<&At<Count>>, key: &str, most: u64) {
        if let Some(at) = at.filter(|at| u64::from(at.value.0) > most) {
            self.exceeds(at, key, &most);
        }
    }

    fn exceeds<T>(&mut self, at: &At<T>, key: &str, most: &dyn Display) {
        let message = format!("the host allows at most {most}");
        self.wrong(at, message, format!("make it less, or raise `host.max.{key}`"));
    }
}
