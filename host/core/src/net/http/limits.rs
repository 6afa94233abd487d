//! How much an attempt may send and receive, and how long it may wait for it.

use std::time::Duration;

use crate::limits::Bounds;

/// What the requests of one attempt may use. The attempt's timeout holds for all
/// of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Requests that the attempt may ask for, those that are refused included.
    pub requests: u64,
    /// Connections that it may hold open at once.
    pub connections: u64,
    /// Bytes in the bodies of all its requests together.
    pub sent: u64,
    /// Bytes in the bodies of all responses together.
    pub received: u64,
    /// Bytes in the header section of a response, and roughly of a request.
    pub headers: u64,
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
    pub const DEFAULT: Self = Self::of(&Bounds::DEFAULT);

    /// The limits among these bounds.
    #[must_use]
    pub const fn of(bounds: &Bounds) -> Self {
        let wait = Duration::from_millis(bounds.http_wait);
        Self {
            requests: bounds.http_requests,
            connections: bounds.http_connections,
            sent: bounds.http_sent,
            received: bounds.http_received,
            headers: bounds.http_headers,
            resolve: wait,
            connect: wait,
            handshake: wait,
            first_byte: wait,
            between_bytes: wait,
        }
    }

    /// See [`Self::headers`], as a length.
    #[must_use]
    pub fn headers_length(&self) -> usize {
        usize::try_from(self.headers).unwrap_or(usize::MAX)
    }
}
