//! A trace for each run, for a collector that speaks OTLP.
//!
//! A run's spans are made of what the engine tells, none of them before it is over: one for
//! the run, and below it one for each wait for an attempt and one for each attempt, which
//! has one for each request that its guest sent. What stands above a span is known by the
//! run's key alone, so nothing has to be remembered of a run between its attempts, and a
//! trace that one host began another one ends.
//!
//! Where to is said by the environment, in the variables that OpenTelemetry has for it. A
//! collector that is slow, or gone, holds up nothing and makes nothing grow: what waits for
//! it is bounded, and what is lost is counted and told.

mod asked;

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod connection;
#[cfg(feature = "otlp")]
mod ids;
#[cfg(feature = "otlp")]
mod losses;
#[cfg(feature = "otlp")]
mod outlet;
#[cfg(feature = "otlp")]
mod present;
#[cfg(feature = "otlp")]
mod settings;
#[cfg(feature = "otlp")]
mod spans;

#[cfg(not(feature = "otlp"))]
mod absent;

#[cfg(not(feature = "otlp"))]
pub(crate) use self::absent::Traces;
#[cfg(feature = "otlp")]
pub(crate) use self::present::Traces;

/// The environment as it is.
fn environment(variable: &str) -> Option<String> {
    // What is no text is no value of any of them; it is told as it looks like.
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}
