//! What a guest is to have of the host.

use std::path::PathBuf;

use horarium_core::{
    grant_caps::GrantCaps,
    grants::{Clocks, DirAccess, DirGrant, Grants, Redaction, Stdin, Visibility, WriteLimit},
    net::{Endpoint, http::HttpGrant},
};

use super::{
    super::{
        decode::At,
        elsewhere::StdinValue,
        endpoint::EndpointValue,
        http::HttpEntry,
        raw::{RawDir, RawGrants},
        territory::{self, Granted, NamedFile},
        values::Bytes,
    },
    Checker,
};

impl Checker<'_> {
    pub(super) fn grants(&mut self, raw: &RawGrants) -> Grants {
        let dirs = raw.dirs.iter().flat_map(|dirs| dirs.value.iter().map(move |dir| (dirs, dir)));
        Grants {
            dirs: dirs.filter_map(|(at, dir)| self.dir(at, dir)).collect(),
            write_limit: self.write_limit(raw.write_limit.as_ref()),
            tcp: self.endpoints(raw.tcp.as_ref(), "tcp", GrantCaps::allows_tcp),
            udp: self.endpoints(raw.udp.as_ref(), "udp", GrantCaps::allows_udp),
            http: self.http_grants(raw.http.as_ref()),
            env: self.environment(raw.env.as_ref()),
            clocks: self.clocks(raw.clocks.as_ref()),
            stdin: self.stdin(raw.stdin.as_ref()),
            state: self.state(raw),
            tasks: self.task_grants(raw.tasks.as_ref()),
            redaction: Redaction::default(),
        }
    }

    fn dir(&mut self, list: &At<Vec<RawDir>>, dir: &RawDir) -> Option<DirGrant> {
        let (Some(host), Some(guest)) = (&dir.host, &dir.guest) else {
            let help = "such as `{ host = \"./in\", guest = \"/in\" }`";
            self.wrong(list, "a directory needs both `host` and `guest`", help);
            return None;
        };
        if !guest.value.starts_with('/') || guest.value.split('/').any(|part| part == "..") {
            self.wrong(guest, "the guest's path is not absolute", "such as `/in`");
        }
        let real = self.real_dir(host)?;
        let access = dir.access.as_ref().map_or(DirAccess::ReadOnly, |access| access.value);
        if !self.grant_caps.allows_dir(&real, access) {
            let what = format!("to grant {} {}", real.display(), access.as_str());
            self.beyond(host, &what, "dirs");
        }
        self.granted.push(Granted {
            written: territory::plain(&self.dir.join(&host.value)),
            real: real.clone(),
            access,
            at: host.clone(),
        });
        Some(DirGrant { host: real, guest: guest.value.clone(), access })
    }

    /// An existing directory, without links.
    pub(super) fn real_dir(&mut self, at: &At<String>) -> Option<PathBuf> {
        let path = self.dir.join(&at.value);
        match path.canonicalize().and_then(|path| Ok((path.metadata()?.is_dir(), path))) {
            Ok((true, real)) => Some(real),
            Ok((false, path)) => {
                let message = format!("{} is not a directory", path.display());
                self.wrong(at, message, "grants are for directories");
                None
            }
            Err(reason) => {
                let message = format!("there is no {}: {reason}", path.display());
                self.wrong(at, message, "create it, or name another one");
                None
            }
        }
    }

    fn write_limit(&mut self, at: Option<&At<Bytes>>) -> WriteLimit {
        let cap = self.grant_caps.write_limit.unwrap_or(WriteLimit(u64::MAX));
        let Some(at) = at else { return WriteLimit::default().min(cap) };
        if at.value.0 > cap.0 {
            self.beyond(at, &format!("more than {} bytes", cap.0), "write_limit");
        }
        WriteLimit(at.value.0)
    }

    fn endpoints(
        &mut self,
        list: Option<&At<Vec<At<EndpointValue>>>>,
        kind: &str,
        allows: impl Fn(&GrantCaps, &Endpoint) -> bool,
    ) -> Vec<Endpoint> {
        let mut endpoints = Vec::new();
        for at in list.iter().flat_map(|list| &list.value) {
            let endpoint = at.value.0.clone();
            if !allows(&self.grant_caps, &endpoint) {
                self.beyond(at, &format!("to grant {endpoint}"), kind);
            }
            endpoints.push(endpoint);
        }
        endpoints
    }

    fn http_grants(&mut self, list: Option<&At<Vec<At<HttpEntry>>>>) -> Vec<HttpGrant> {
        let mut grants = Vec::new();
        for at in list.iter().flat_map(|list| &list.value) {
            let Some(grant) = self.http(at) else { continue };
            if !self.grant_caps.allows_http(&grant) {
                self.beyond(at, &format!("to grant {grant}"), "http");
            }
            grants.push(grant);
        }
        grants
    }

    fn clocks(&mut self, at: Option<&At<Clocks>>) -> Clocks {
        let Some(at) = at else { return Clocks::default() };
        if !self.grant_caps.allows_clocks(at.value) {
            self.beyond(at, &format!("to grant {} clocks", at.value.as_str()), "clocks");
        }
        at.value
    }

    fn stdin(&mut self, at: Option<&At<StdinValue>>) -> Stdin {
        let Some(at) = at else { return Stdin::Empty };
        if !self.grant_caps.allows_stdin() {
            self.beyond(at, "to grant a standard input", "stdin");
        }
        match &at.value {
            StdinValue::Text(text) => Stdin::Text(text.clone()),
            StdinValue::FromFile(path) => self.stdin_file(path).map_or(Stdin::Empty, Stdin::File),
        }
    }

    /// The file's own directory has to be there; the file itself may come later.
    fn stdin_file(&mut self, at: &At<String>) -> Option<PathBuf> {
        let path = self.dir.join(&at.value);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            self.wrong(at, "it names no file", "such as `\"in/orders.csv\"`");
            return None;
        };
        match parent.canonicalize() {
            Ok(parent) => {
                let (written, real) = (territory::plain(&path), parent.join(name));
                let (visibility, at) = (Visibility::Plain, at.clone());
                self.named.push(NamedFile { written, real: real.clone(), visibility, at });
                Some(real)
            }
            Err(reason) => {
                let message = format!("there is no {}: {reason}", parent.display());
                self.wrong(at, message, "create it, or name another one");
                None
            }
        }
    }

    /// Says that a grant exceeds what the host allows at all.
    pub(super) fn beyond<T>(&mut self, at: &At<T>, what: &str, cap: &str) {
        let message = format!("the host does not allow {what}");
        self.wrong(at, message, format!("grant less, or widen `host.grants.{cap}`"));
    }
}
