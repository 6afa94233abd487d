//! What plugins are loaded into.

use std::sync::LazyLock;

use horarium_sandbox::{Compiler, Sandbox, SandboxConfig};
use tokio::runtime::{Builder, Runtime};

pub(crate) struct Host {
    runtime: Runtime,
    pub(crate) sandbox: Sandbox,
}

impl Host {
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

pub(crate) static HOST: LazyLock<Host> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let sandbox = Sandbox::new(&SandboxConfig::default(), Compiler::InProcess, None);
    Host { runtime: runtime.expect("a runtime"), sandbox: sandbox.expect("a sandbox") }
});
