//! Lines of `apt/history.log`, where a paragraph is one command:
//!
//! ```text
//! Start-Date: 2026-05-09  07:28:46
//! Upgrade: tzdata:all (2025b-0+deb12u1, 2025b-0+deb12u2)
//! Install: git:amd64 (1:2.39.5-0), libcurl4:amd64 (7.88.1-10, automatic)
//! ```

use crate::event::{Action, Event};

/// A history that is read from its beginning.
#[derive(Default)]
pub(crate) struct History {
    /// When the command began whose lines these are.
    at: String,
}

impl History {
    /// The events of the next line.
    pub(crate) fn events(&mut self, line: &str) -> Vec<Event> {
        let Some((key, value)) = line.split_once(": ") else {
            return Vec::new();
        };
        let action = match key {
            "Install" | "Reinstall" => Action::Installed,
            "Upgrade" | "Downgrade" => Action::Upgraded,
            "Remove" | "Purge" => Action::Removed,
            "Start-Date" => {
                self.at = value.replace("  ", " ");
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let packages = value.split("), ");
        packages.filter_map(|item| self.event(action, item)).collect()
    }

    /// The event of `git:amd64 (1:2.39.5-0, automatic`, without its last bracket.
    fn event(&self, action: Action, item: &str) -> Option<Event> {
        let (package, versions) = item.trim_end_matches(')').split_once(" (")?;
        let versions = versions.split(", ").filter(|word| *word != "automatic");
        Some(Event {
            at: self.at.clone(),
            action,
            package: package.to_owned(),
            version: versions.last()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_touches_many_packages() {
        let mut history = History::default();
        assert!(history.events("").is_empty());
        assert!(history.events("Start-Date: 2026-05-09  07:28:46").is_empty());
        assert!(history.events("Commandline: apt-get install git").is_empty());

        let installed = history.events(
            "Install: git:amd64 (1:2.39.5-0+deb12u2), libcurl4:amd64 (7.88.1-10, automatic)",
        );
        let found: Vec<_> = installed
            .iter()
            .map(|event| (event.package.as_str(), event.version.as_str()))
            .collect();
        assert_eq!(found, [("git:amd64", "1:2.39.5-0+deb12u2"), ("libcurl4:amd64", "7.88.1-10")]);
        assert_eq!(installed[0].at, "2026-05-09 07:28:46");

        let upgraded = history.events("Upgrade: tzdata:all (2025b-0, 2026a-0)");
        assert_eq!(upgraded[0].version, "2026a-0");
        assert_eq!(upgraded[0].action, Action::Upgraded);
    }
}
