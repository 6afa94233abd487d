//! A collector that spans are sent to, by OTLP over HTTP.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::{SpanData, SpanExporter as _},
};
use tokio::time::timeout;

use super::{connection::Connection, outlet::Taker, settings::Settings};

/// One that is sent what the crates of OpenTelemetry encode, over a connection of ours. They
/// try again what it may be asked again.
pub(super) struct Collector {
    exporter: SpanExporter,
    connection: Arc<Connection>,
    timeout: Duration,
}

impl Collector {
    /// # Errors
    /// Where the certificates to trust can't be read.
    pub(super) fn new(settings: &Settings, node: &str) -> Result<Self> {
        let Settings { endpoint, timeout, roots, .. } = settings;
        let connection = Arc::new(Connection::new(endpoint, roots.as_deref())?);
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_shared_http_client(connection.clone())
            .with_endpoint(endpoint.as_str())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(*timeout)
            .build()
            .context("can't send spans")?;
        exporter.set_resource(&resource(settings, node));
        Ok(Self { exporter, connection, timeout: *timeout })
    }
}

impl Taker for Collector {
    async fn take(&mut self, spans: Vec<SpanData>) -> Result<u64, String> {
        match timeout(self.timeout, self.exporter.export(spans)).await {
            Ok(Ok(())) => Ok(self.connection.refused()),
            // Its own words leave out what is wrong with the connection.
            Ok(Err(error)) => Err(self.connection.trouble().unwrap_or(error.to_string())),
            Err(_) => Err(format!("it takes longer than {:?}", self.timeout)),
        }
    }
}

/// Who sends: what the environment says of it, and what it is else.
fn resource(settings: &Settings, node: &str) -> Resource {
    let own = [
        KeyValue::new("service.name", "horarium"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", node.to_owned()),
    ];
    let resource = Resource::builder_empty()
        .with_attributes(own)
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()));
    match &settings.service {
        Some(name) => resource.with_service_name(name.clone()).build(),
        None => resource.build(),
    }
}
