//! A file in the plugin directory.

use std::sync::LazyLock;

use horarium_sandbox::{Sandbox, SandboxConfig};
use tokio::runtime::{Builder, Runtime};

static HOST: LazyLock<(Runtime, Sandbox)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let sandbox = Sandbox::new(&SandboxConfig::default(), None);
    (runtime.expect("a runtime"), sandbox.expect("a sandbox"))
});

/// Bytes that are loaded as a plugin, which compiles, links and questions it.
pub fn plugin(data: &[u8]) {
    let (runtime, sandbox) = &*HOST;
    if let Err(error) = runtime.block_on(sandbox.load_bytes(data.to_vec())) {
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?} reaches a terminal");
    }
}
