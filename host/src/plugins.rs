//! The plugin directory: made ready, and joined with the tasks.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use horarium_core::task::TaskSpec;
use horarium_sandbox::{Cache, Library, LibraryEvent, Sandbox, SandboxConfig};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::config::{Config, Problem, bind};

/// The compile cache below a data directory.
const CACHE: &str = "cache";

/// A sandbox for the tasks of a configuration. Where the cache can't be used,
/// plugins are compiled every time, and a warning says so.
pub(crate) fn sandbox(config: &Config, capacity: u32) -> Result<Arc<Sandbox>> {
    let settings = SandboxConfig { capacity, caps: config.caps };
    let sandbox = Sandbox::new(&settings, cache(&config.data_dir.join(CACHE)))?;
    Ok(Arc::new(sandbox))
}

/// A sandbox for one plugin without any configuration.
pub(crate) fn bare_sandbox(settings: &SandboxConfig) -> Result<Sandbox> {
    let cache = user_cache().and_then(|place| cache(&place));
    Ok(Sandbox::new(settings, cache)?)
}

fn user_cache() -> Option<std::path::PathBuf> {
    use etcetera::BaseStrategy;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.cache_dir().join("horarium"))
}

fn cache(place: &Path) -> Option<Cache> {
    match Cache::open(place) {
        Ok(cache) => Some(cache),
        Err(reason) => {
            tracing::warn!("{reason}; compiling plugins every time");
            None
        }
    }
}

/// A library of the plugin directory, scanned once. `report` hears what was found.
pub(crate) async fn library(
    config: &Config,
    capacity: u32,
    mut report: impl FnMut(&LibraryEvent),
) -> Result<Arc<Library>> {
    let library = Arc::new(Library::new(&config.plugin_dir, sandbox(config, capacity)?));
    let bar = progress_bar();
    let scan = library.scan_until_settled(|event, left| {
        // Counted from the first one: how many there are is known only then.
        if bar.length().is_none() {
            style(&bar, "compiling plugins {bar:30} {pos}/{len}");
            bar.set_length(u64::try_from(left + 1).unwrap_or(u64::MAX));
        }
        bar.inc(1);
        bar.suspend(|| report(&event));
    });
    scan.await.with_context(|| {
        format!("can't read the plugin directory {}", config.plugin_dir.display())
    })?;
    bar.finish_and_clear();
    Ok(library)
}

/// Shown on a terminal only; indicatif hides it elsewhere.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_draw_target(ProgressDrawTarget::stderr());
    style(&bar, "{spinner} reading plugins");
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

fn style(bar: &ProgressBar, template: &str) {
    // A template that indicatif does not take leaves the bar plain.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

/// All tasks, joined with what the library has; and what is wrong with them.
pub(crate) fn bind_all(config: &Config, library: &Library) -> (Vec<TaskSpec>, Vec<Problem>) {
    let mut specs = Vec::new();
    let mut problems = Vec::new();
    for draft in &config.tasks {
        let plugin = library.get(&draft.plugin.value);
        let functions = plugin.as_ref().map(|plugin| plugin.functions());
        let bound = bind::bind(draft, functions, &config.caps);
        specs.extend(bound.spec);
        problems.extend(bound.problems);
    }
    (specs, problems)
}
