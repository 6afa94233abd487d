//! What a guest is to have of the host.

use horarium_core::grants::{DirAccess, DirGrant, Grants, Secret};

use super::{
    super::{
        decode::At,
        raw::{RawDir, RawGrants},
        territory::{self, Granted},
        values::EnvValue,
    },
    Checker,
};

impl Checker<'_> {
    pub(super) fn grants(&mut self, raw: &RawGrants) -> Grants {
        let dirs = raw.dirs.iter().flat_map(|dirs| dirs.value.iter().map(move |dir| (dirs, dir)));
        let dirs: Vec<_> = dirs.filter_map(|(at, dir)| self.dir(at, dir)).collect();
        let env = raw.env.iter().flat_map(|env| &env.value);
        let env: Vec<_> = env
            .filter_map(|(name, value)| {
                if name.is_empty() || name.contains(['=', '\0']) {
                    self.wrong(
                        value,
                        format!("{name:?} can't be a variable's name"),
                        "such as `REGION`",
                    );
                }
                Some((name.clone(), self.env_value(&value.value)?))
            })
            .collect();
        let http = raw.http.iter().flat_map(|http| &http.value);
        let http = http.filter_map(|entry| self.http(entry)).collect();
        Grants { dirs, env, http }
    }

    pub(super) fn env_value(&mut self, value: &EnvValue) -> Option<Secret> {
        match value {
            EnvValue::Plain(value) => Some(Secret::new(value)),
            EnvValue::FromEnv(name) => match std::env::var(&name.value) {
                Ok(value) => Some(Secret::new(value)),
                Err(_) => {
                    let message = format!("the host's environment has no text in `{}`", name.value);
                    self.wrong(name, message, format!("start the host with `{}` set", name.value));
                    None
                }
            },
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
        let path = self.dir.join(&host.value);
        match path.canonicalize().and_then(|path| Ok((path.metadata()?.is_dir(), path))) {
            Ok((true, real)) => {
                let access = dir.access.as_ref().map_or(DirAccess::ReadOnly, |access| access.value);
                self.granted.push(Granted {
                    written: territory::plain(&path),
                    real: real.clone(),
                    access,
                    at: host.clone(),
                });
                Some(DirGrant { host: real, guest: guest.value.clone(), access })
            }
            Ok((false, path)) => {
                let message = format!("{} is not a directory", path.display());
                self.wrong(host, message, "grants are for directories");
                None
            }
            Err(reason) => {
                let message = format!("there is no {}: {reason}", path.display());
                self.wrong(host, message, "create it, or name another one");
                None
            }
        }
    }
}
