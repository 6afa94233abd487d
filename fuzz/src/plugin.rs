//! A file in the plugin directory.

use std::sync::LazyLock;

use horarium_sandbox::{Compiler, Sandbox, SandboxConfig};
use tokio::runtime::{Builder, Runtime};

static HOST: LazyLock<(Runtime, Sandbox)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let sandbox = Sandbox::new(&SandboxConfig::default(), Compiler::InProcess, None);
    (runtime.expect("a runtime"), sandbox.expect("a sandbox"))
});

/// Bytes that are loaded as a plugin, which compiles, links and questions it. The
/// text format is understood as well, so that seeds can be read.
pub fn plugin(data: &[u8]) {
    let (runtime, sandbox) = &*HOST;
    let text = data.starts_with(b"(").then(|| wat::parse_bytes(data).ok()).flatten();
    let bytes = text.map_or_else(|| data.to_vec(), std::borrow::Cow::into_owned);
    if let Err(error) = runtime.block_on(sandbox.load_bytes(bytes)) {
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?} reaches a terminal");
    }
}
