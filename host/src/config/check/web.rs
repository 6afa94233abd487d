//! Who may ask the host for something over a network.

use std::time::Duration;

use horarium_core::grants::Visibility;

use super::{
    super::{
        decode::At,
        raw::{RawTls, RawWeb},
        territory::{self, NamedFile},
        web::{TlsFiles, Unsafe, Web},
    },
    Checker,
};
use crate::{access::is_host_name, listen::certificate};

/// Less than this, and hardly any client is in time.
const LEAST_TIMEOUT: Duration = Duration::from_millis(50);

impl Checker<'_> {
    pub(super) fn web(&mut self, raw: &RawWeb) -> Web {
        let default = Web::default();
        if let Some(at) = raw.timeout.as_ref().filter(|at| at.value < LEAST_TIMEOUT) {
            self.wrong(at, "hardly any client would be in time", "such as `\"30s\"`");
        }
        let hosts = raw.hosts.iter().flat_map(|hosts| &hosts.value);
        let hosts = hosts.filter_map(|name| self.host_name(name)).collect();
        let before = self.problems.len();
        let tls = raw.tls.as_ref().and_then(|tls| self.tls(tls));
        let is_wrong = self.problems.len() > before;
        let web = Web {
            listen: raw.listen.as_ref().map(|at| at.value),
            anonymous: raw.anonymous.as_ref().and_then(|at| at.value.0),
            hosts,
            tls,
            timeout: raw.timeout.as_ref().map_or(default.timeout, |at| at.value),
        };
        match (web.objection(), &raw.listen, &raw.anonymous) {
            // What is wrong with `tls` has been said.
            (Some(Unsafe::Readable(_)), ..) if is_wrong => {}
            (Some(objection @ Unsafe::Readable(_)), Some(at), _) => {
                self.wrong(at, objection.to_string(), objection.way_out());
            }
            (Some(objection @ Unsafe::Open(_)), _, Some(at)) => {
                self.wrong(at, objection.to_string(), objection.way_out());
            }
            _ => {}
        }
        web
    }

    fn host_name(&mut self, at: &At<String>) -> Option<String> {
        let name = at.value.to_ascii_lowercase();
        if !is_host_name(&name) {
            let message = format!("{:?} is not a host's name", at.value);
            self.wrong(at, message, "such as `\"horarium.example.com\"`, without scheme and port");
            return None;
        }
        Some(name)
    }

    fn tls(&mut self, at: &At<RawTls>) -> Option<TlsFiles> {
        let (Some(cert), Some(key)) = (&at.value.cert, &at.value.key) else {
            let help = "such as `{ cert = \"cert.pem\", key = \"key.pem\" }`";
            self.wrong(at, "it takes both `cert` and `key`", help);
            return None;
        };
        let files = TlsFiles::in_dir(self.dir, &cert.value, &key.value);
        if let Err(reason) = certificate::read(&files) {
            let at = if reason.is_of_the_key() { key } else { cert };
            self.wrong(at, reason.to_string(), "name a certificate and its private key, as PEM");
        }
        // No guest may read the key, or put another certificate in this one's place.
        for (at, path, visibility) in
            [(cert, &files.cert, Visibility::Plain), (key, &files.key, Visibility::Secret)]
        {
            self.named.push(NamedFile {
                written: territory::plain(path),
                real: path.canonicalize().unwrap_or_else(|_| territory::plain(path)),
                visibility,
                at: at.clone(),
            });
        }
        Some(files)
    }
}
