//! What no task may be granted more of.

use std::path::PathBuf;

use horarium_core::{
    effects::Quota,
    grant_caps::{DirCap, GrantCaps},
    grants::{DirAccess, WriteLimit},
    net::{Endpoint, http::HttpGrant},
};

use super::{
    super::{
        decode::At,
        endpoint::EndpointValue,
        http::HttpEntry,
        raw::{RawDirCap, RawGrantCaps, RawQuotaCap},
    },
    Checker,
};

impl Checker<'_> {
    pub(super) fn grant_caps(&mut self, raw: &RawGrantCaps) -> GrantCaps {
        GrantCaps {
            dirs: self.cap(raw.dirs.as_ref(), Self::dir_caps),
            write_limit: self.cap(raw.write_limit.as_ref(), |_, at| WriteLimit(at.value.0)),
            tcp: self.cap(raw.tcp.as_ref(), |_, at| endpoints(at)),
            udp: self.cap(raw.udp.as_ref(), |_, at| endpoints(at)),
            http: self.cap(raw.http.as_ref(), Self::http_caps),
            env: self.cap(raw.env.as_ref(), |_, at| at.value.clone()),
            from_env: self.cap(raw.from_env.as_ref(), |_, at| at.value.clone()),
            from_file: self.cap(raw.from_file.as_ref(), Self::file_caps),
            clocks: self.cap(raw.clocks.as_ref(), |_, at| at.value),
            stdin: self.cap(raw.stdin.as_ref(), |_, at| at.value),
            state: self.cap(raw.state.as_ref(), Self::quota_cap),
        }
    }

    /// A cap that could not be read is a problem already; held against the tasks, it
    /// would make more of them.
    fn cap<T, C>(
        &mut self,
        at: Option<&At<T>>,
        read: impl FnOnce(&mut Self, &At<T>) -> C,
    ) -> Option<C> {
        let at = at?;
        let cap = read(self, at);
        let broken = self.problems.iter().any(|problem| problem.key.starts_with(&at.key));
        (!broken).then_some(cap)
    }

    fn dir_caps(&mut self, list: &At<Vec<RawDirCap>>) -> Vec<DirCap> {
        let mut caps = Vec::new();
        for raw in &list.value {
            let Some(host) = &raw.host else {
                let help = "such as `{ host = \"/srv\", access = \"read-write\" }`";
                self.wrong(list, "a directory needs `host`", help);
                continue;
            };
            let access = raw.access.as_ref().map_or(DirAccess::ReadOnly, |access| access.value);
            caps.extend(self.real_dir(host).map(|host| DirCap { host, access }));
        }
        caps
    }

    fn quota_cap(&mut self, at: &At<RawQuotaCap>) -> Quota {
        self.quota_of(at.value.bytes.as_ref(), at.value.keys.as_ref(), Quota::MOST)
    }

    fn http_caps(&mut self, list: &At<Vec<At<HttpEntry>>>) -> Vec<HttpGrant> {
        let mut caps = Vec::new();
        for entry in &list.value {
            let Some(cap) = self.http(entry) else { continue };
            if cap.credential.is_some() {
                self.wrong(entry, "a cap adds nothing to requests", "leave `credential` out");
            }
            caps.push(cap);
        }
        caps
    }

    fn file_caps(&mut self, list: &At<Vec<At<String>>>) -> Vec<PathBuf> {
        list.value.iter().filter_map(|dir| self.real_dir(dir)).collect()
    }
}

fn endpoints(list: &At<Vec<At<EndpointValue>>>) -> Vec<Endpoint> {
    list.value.iter().map(|at| at.value.0.clone()).collect()
}
