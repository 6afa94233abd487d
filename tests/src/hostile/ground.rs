//! Where a host is attacked: plugins, granted folders, and a configuration.

use std::fmt::Write as _;

use super::{Attack, Means, Task, attack::Make, frame, neighbour};
use crate::Workspace;

/// A task of the attackers' plugin that means no harm.
pub(super) const SIBLING: &str = "sibling";

const SIBLINGS_TASK: &str = r#"
[task.sibling]
plugin = "hostile"
function = "behave"
schedule = { every = "100ms" }
timeout = "60s"
fuel = 1_000_000_000
"#;

/// Enough for all of them at once, and not more than any plugin takes to be compiled.
const HOST: &str = r#"
host.capacity = 64
host.grace = "100ms"
host.compile = { timeout = "1s", memory = "1GiB" }
"#;

/// A folder with everything that they need.
pub(super) fn prepare(attacks: &[Attack]) -> Workspace {
    let workspace = Workspace::new("");
    workspace.add_plugin("hostile", "tests/hostile");
    workspace.add_plugin("program", "tests/program");
    let mut tasks = String::from(HOST);
    tasks.push_str("[defaults]\nretry = { max_attempts = 1 }\nfuel = \"unlimited\"\n");
    tasks.push_str(neighbour::TASK);
    tasks.push_str(SIBLINGS_TASK);
    for attack in attacks {
        let Means::Tasks(_, folder) = &attack.means else { continue };
        if let Some(fill) = folder {
            let folder = format!("grants/{}", attack.name);
            workspace.make_dir(format!("{folder}/dir"));
            workspace.write(format!("{folder}/secret"), "secret");
            fill(&workspace.path(format!("{folder}/dir")));
        }
        for (name, task) in attack.task_names() {
            if task.is_text() {
                let path = format!("plugins/{}.wasm", task.plugin);
                Make::Bytes(frame::plugin(task.plugin)).make(&workspace.path(path));
            }
            let _ = write!(tasks, "{}", table(&name, attack, task, folder.is_some()));
        }
    }
    workspace.configure(&tasks);
    workspace
}

fn table(name: &str, attack: &Attack, task: &Task, granted: bool) -> String {
    let Task { plugin, function, settings, pause, timeout, memory, .. } = task;
    let grant = match granted {
        true => format!(
            "grants.dirs = [{{ host = \"grants/{}/dir\", guest = \"/dir\", access = \"read-write\" }}]",
            attack.name
        ),
        false => String::new(),
    };
    format!(
        "[task.{name}]\nplugin = \"{plugin}\"\nfunction = \"{function}\"\n\
         schedule = {{ continuous = true, pause = \"{}ms\" }}\n\
         timeout = \"{}ms\"\nmemory = {memory}\n{grant}\n{settings}\n",
        pause.as_millis(),
        timeout.as_millis()
    )
}
