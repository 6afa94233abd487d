//! A private apt: own sources, lists and cache, so that the machine's are
//! neither needed nor touched. Works with and without root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::super::command;
use super::mirrors::Mirrors;

const QUERY_LIMIT: Duration = Duration::from_secs(60);
const UPDATE_LIMIT: Duration = Duration::from_secs(5 * 60);
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Whose signatures count.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// An apt with a configuration of its own.
pub(super) struct Apt {
    config: PathBuf,
}

impl Apt {
    /// Sets one up in `folder` and fetches its package lists.
    pub(super) fn new(folder: &Path, sources: &str) -> Result<Self> {
        let dump = command::run(Command::new("apt-config").arg("dump"), QUERY_LIMIT)?;
        let apt = Self { config: folder.join("apt.conf") };
        fs::create_dir_all(folder.join("lists/partial"))
            .and_then(|()| fs::create_dir_all(folder.join("cache/archives/partial")))
            .and_then(|()| fs::write(folder.join("status"), ""))
            .and_then(|()| fs::write(folder.join("sources.list"), sources))
            .and_then(|()| fs::write(&apt.config, config(folder, &dump)))
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        command::run(apt.command("apt-get").args(["-q", "update"]), UPDATE_LIMIT)?;
        Ok(apt)
    }

    /// `apt-cache depends`, with the given options.
    pub(super) fn depends(&self, arguments: &[&str]) -> Result<String> {
        command::run(self.command("apt-cache").arg("depends").args(arguments), QUERY_LIMIT)
    }

    /// Downloads packages to `folder`.
    pub(super) fn download(&self, packages: &[String], folder: &Path) -> Result<()> {
        let mut download = self.command("apt-get");
        download.args(["-q", "download"]).args(packages).current_dir(folder);
        command::run(&mut download, DOWNLOAD_LIMIT)?;
        Ok(())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", &self.config);
        command
    }
}

/// Source lines of one release and, if there is a mirror of them, its updates.
pub(super) fn release_and_security(codename: &str, mirrors: &Mirrors) -> String {
    let mut lines = release_alone(codename, mirrors);
    if let Some(mirror) = &mirrors.security {
        lines.push_str(&line(mirror, &format!("{codename}-security")));
    }
    lines
}

/// The source line of one release without its updates.
pub(super) fn release_alone(codename: &str, mirrors: &Mirrors) -> String {
    line(&mirrors.main, codename)
}

fn line(mirror: &str, suite: &str) -> String {
    format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n")
}

/// The configuration: how to reach mirrors (proxies, certificates) as the
/// machine has it in `dump`, all else own. Leaving out the machine's files
/// leaves out their hooks, which clean up its own cache after each update.
fn config(folder: &Path, dump: &str) -> String {
    let folder = folder.display();
    let mut config = format!(
        "Dir::Etc::SourceList \"{folder}/sources.list\";\n\
         Dir::Etc::SourceParts \"/dev/null\";\n\
         Dir::Etc::Main \"/dev/null\";\n\
         Dir::Etc::Parts \"/dev/null\";\n\
         Dir::Etc::Preferences \"/dev/null\";\n\
         Dir::Etc::PreferencesParts \"/dev/null\";\n\
         Dir::State::Lists \"{folder}/lists\";\n\
         Dir::State::Status \"{folder}/status\";\n\
         Dir::Cache \"{folder}/cache\";\n"
    );
    // To root this says: stay root, for apt's own user may not write here.
    // Others stay who they are anyway.
    config.push_str("APT::Sandbox::User \"root\";\n");
    // A list that could not be fetched is an error, not a warning.
    config.push_str("APT::Update::Error-Mode \"any\";\n");
    config.push_str("Acquire::Languages \"none\";\n");
    for setting in dump.lines().filter(|setting| is_about_reaching(setting)) {
        config.push_str(setting);
        config.push('\n');
    }
    config
}

fn is_about_reaching(setting: &str) -> bool {
    const OTHER: [&str; 3] = ["Languages", "IndexTargets", "Changelogs"];
    setting
        .strip_prefix("Acquire::")
        .is_some_and(|rest| !OTHER.iter().any(|other| rest.starts_with(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors(security: Option<&str>) -> Mirrors {
        Mirrors {
            main: "http://mirror.example/debian/".to_owned(),
            security: security.map(str::to_owned),
        }
    }

    #[test]
    fn sources_are_signed_lines() {
        let security = mirrors(Some("http://mirror.example/security/"));
        assert_eq!(
            release_and_security("bookworm", &security),
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
             http://mirror.example/debian/ bookworm main\n\
             deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
             http://mirror.example/security/ bookworm-security main\n"
        );
        assert_eq!(
            release_and_security("bookworm", &mirrors(None)),
            release_alone("bookworm", &security)
        );
    }

    #[test]
    fn a_proxy_stays_and_a_hook_goes() {
        let dump = "Acquire::http::Proxy \"http://proxy.example:3128\";\n\
                    Acquire::Languages:: \"en\";\n\
                    APT::Update::Post-Invoke:: \"rm -f /var/cache/apt/archives/*.deb\";\n\
                    Dir::Cache \"var/cache/apt\";\n";
        let config = config(Path::new("/w/apt"), dump);
        assert!(config.contains("Acquire::http::Proxy \"http://proxy.example:3128\";\n"));
        assert!(config.contains("Dir::Cache \"/w/apt/cache\";\n"));
        for other in ["Post-Invoke", "var/cache/apt", "\"en\""] {
            assert!(!config.contains(other), "{other}");
        }
    }
}
