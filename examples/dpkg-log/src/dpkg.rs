//! Lines of `dpkg.log`:
//! `2026-05-09 07:28:46 upgrade tzdata:all 2025b-0+deb12u1 2025b-0+deb12u2`.

use crate::event::{Action, Event};

/// The event of a line, if it is one: most lines tell of steps in between.
pub(crate) fn events(line: &str) -> Vec<Event> {
    event(line).into_iter().collect()
}

fn event(line: &str) -> Option<Event> {
    let mut words = line.split(' ');
    let (date, time) = (words.next()?, words.next()?);
    let action = match words.next()? {
        "install" => Action::Installed,
        "upgrade" => Action::Upgraded,
        "remove" => Action::Removed,
        _ => return None,
    };
    let (package, old, new) = (words.next()?, words.next()?, words.next()?);
    let version = match action {
        Action::Installed | Action::Upgraded => new,
        Action::Removed => old,
    };
    Some(Event {
        at: format!("{date} {time}"),
        action,
        package: package.to_owned(),
        version: version.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_steps() {
        let upgrade = "2026-05-09 07:28:46 upgrade tzdata:all 2025b-0+deb12u1 2025b-0+deb12u2";
        assert_eq!(
            event(upgrade),
            Some(Event {
                at: "2026-05-09 07:28:46".to_owned(),
                action: Action::Upgraded,
                package: "tzdata:all".to_owned(),
                version: "2025b-0+deb12u2".to_owned(),
            })
        );
        let removal = event("2026-05-09 07:29:02 remove nano:amd64 7.2-1 <none>").unwrap();
        assert_eq!((removal.version.as_str(), removal.day()), ("7.2-1", "2026-05-09"));

        assert_eq!(event("2026-05-09 07:28:46 startup archives unpack"), None);
        assert_eq!(event("2026-05-09 07:28:46 status installed git:amd64 1:2.39"), None);
        assert_eq!(event("2026-05-09 07:28:46 upgrade tzdata:all"), None);
        assert_eq!(event(""), None);
    }
}
