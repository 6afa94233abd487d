//! How much an attempt may send and receive, and how long it may wait for it.

use std::time::Duration;

/// What the requests of one attempt may use. The attempt's timeout holds for all
/// of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Requests that the attempt may ask for, those that are refused included.
    pub requests: u32,
    /// Connections that it may hold open at once.
    pub connections: u32,
    /// Bytes in the bodies of all its requests together.
    pub sent: u64,
    /// Bytes in the bodies of all responses together.
    pub received: u64,
    /// Bytes in the header section of a response, and roughly of a request.
    pub headers: usize,
    /// How long a name may take to resolve.
    pub resolve: Duration,
    /// How long it may take to connect, over all addresses of a name.
    pub connect: Duration,
    /// How long the handshake of TLS may take.
    pub handshake: Duration,
    /// How long the header section of a response may take, whole, counted from the
    /// end of the request.
    pub first_byte: Duration,
    /// How long a body may stand still, in either direction.
    pub between_bytes: Duration,
}

impl HttpLimits {
    /// What holds where nobody says anything: enough for a task that pages through
    /// an API or fetches a file, too little to be worth abusing.
    pub const DEFAULT: Self = Self {
        requests: 1_000,
        connections: 8,
        sent: 16 << 20,
        received: 64 << 20,
        headers: 64 << 10,
        resolve: Duration::from_secs(10),
        connect: Duration::from_secs(10),
        handshake: Duration::from_secs(10),
        first_byte: Duration::from_secs(30),
        between_bytes: Duration::from_secs(30),
    };
}
