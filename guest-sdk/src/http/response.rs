//! Responses.

use std::{
    fmt,
    io::{self, Cursor, Read},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use super::{Error, ErrorKind, Sent, request::header, retry_after::retry_after};

/// Bytes of a body that an error quotes.
const QUOTED: u64 = 512;

/// What a server answered. Its body is still on its way, and is read once.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    /// What it answers.
    request: Option<Sent>,
}

/// The body of a response, to be read.
pub struct Body {
    reader: Box<dyn Source>,
}

/// Where bytes of a body come from.
pub(super) trait Source {
    /// Reads some; none at its end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind>;
}

impl Response {
    /// A response of a test's own server, without headers and with an empty body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self::from_parts(status, Vec::new(), Cursor::default())
    }

    pub(super) fn from_parts(
        status: u16,
        headers: Vec<(String, String)>,
        body: impl Source + 'static,
    ) -> Self {
        Self { status, headers, body: Body { reader: Box::new(body) }, request: None }
    }

    /// Says what it answers, without a body that nobody needs again.
    pub(super) fn of(&mut self, request: &Sent) {
        let Sent { method, url, .. } = request;
        let (method, url) = (method.clone(), url.clone());
        self.request = Some(Sent { method, url, headers: Vec::new(), body: None });
    }

    /// Adds a header to a response of a test's own server.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gives a body to a response of a test's own server.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body { reader: Box::new(Cursor::new(body.into())) };
        self
    }

    /// Gives a JSON body to a response of a test's own server.
    ///
    /// # Panics
    ///
    /// Where the value can't be written as JSON.
    #[must_use]
    pub fn with_json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let body = serde_json::to_vec(value).expect("the value can be written as JSON");
        self.with_header("content-type", "application/json").with_body(body)
    }

    /// Its status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether its status is one of success, from 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in whatever case. Bytes that are no text are
    /// replaced.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// All headers, in the order in which the host gives them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The URL that it came from, after all redirects.
    #[must_use]
    pub fn url(&self) -> &str {
        self.request.as_ref().map_or("", Sent::url)
    }

    /// How long the server asks to wait, with `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after").and_then(retry_after)
    }

    /// Itself where its status is one of success, and otherwise an error with the
    /// status and the beginning of the body.
    ///
    /// # Errors
    ///
    /// Where the status is none of success.
    pub fn error_for_status(mut self) -> Result<Self, Error> {
        if self.is_success() {
            return Ok(self);
        }
        let mut beginning = Vec::new();
        // What can be read of it. That it is a failure is known already.
        let _ = Read::by_ref(&mut self.body).take(QUOTED).read_to_end(&mut beginning);
        let words = String::from_utf8_lossy(&beginning);
        let words: Vec<_> = words.split_whitespace().collect();
        let (status, retry_after) = (self.status, self.retry_after());
        Err(self.error(ErrorKind::Status { status, body: words.join(" "), retry_after }))
    }

    /// The whole body.
    ///
    /// # Errors
    ///
    /// Where the body breaks off or takes too long.
    pub fn bytes(mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 16 << 10];
        loop {
            match self.body.reader.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(kind) => return Err(self.error(kind)),
            }
        }
    }

    /// The whole body, a text in UTF-8.
    ///
    /// # Errors
    ///
    /// Where the body breaks off or takes too long, or where it is no text.
    pub fn text(self) -> Result<String, Error> {
        let request = self.request.clone();
        String::from_utf8(self.bytes()?).map_err(|reason| {
            let reason = format!("its body is no text in UTF-8: {}", reason.utf8_error());
            Error::of(request.as_ref(), ErrorKind::Content(reason))
        })
    }

    /// The whole body, read as JSON.
    ///
    /// # Errors
    ///
    /// Where the body breaks off or takes too long, or where it is not the JSON that
    /// was expected; the error names the place.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let request = self.request.clone();
        let bytes = self.bytes()?;
        let deserializer = &mut serde_json::Deserializer::from_slice(&bytes);
        serde_path_to_error::deserialize(deserializer).map_err(|reason| {
            let reason = format!("its body is not the JSON that was expected: {reason}");
            Error::of(request.as_ref(), ErrorKind::Content(reason))
        })
    }

    /// The body, to be read piece by piece.
    #[must_use]
    pub fn into_reader(self) -> Body {
        self.body
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::of(self.request.as_ref(), kind)
    }
}

/// So that a test's server may answer with a response alone.
impl From<Response> for Result<Response, ErrorKind> {
    fn from(response: Response) -> Self {
        Ok(response)
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|kind| io::Error::other(Error::of(None, kind)))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

/// Bytes that are there already.
impl Source for Cursor<Vec<u8>> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        Read::read(self, buffer).map_err(|never| ErrorKind::Broken(never.to_string()))
    }
}
