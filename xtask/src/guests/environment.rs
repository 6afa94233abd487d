//! A cargo inside a cargo: what must not leak from the outer one.

use std::ffi::OsString;
use std::process::Command;

/// Choices of the outer build that mean another target, profile or compiler.
const NAMES: [&str; 10] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    // Wrappers such as a compiler cache do not know the private compiler.
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "__CARGO_DEFAULT_LIB_METADATA",
];
const PREFIXES: [&str; 6] = [
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
];
/// How much of the machine to use is the user's word for every build.
const KEPT: [&str; 1] = ["CARGO_BUILD_JOBS"];

/// The cargo that runs this, or else the one on the path, in a clean environment.
pub(super) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(leaks) {
            command.env_remove(name);
        }
    }
    command
}

fn leaks(name: &str) -> bool {
    let listed = NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    listed && !KEPT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::leaks;

    #[test]
    fn the_outer_builds_choices_leak() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_TARGET_WASM32_WASIP2_LINKER",
            "CARGO_PROFILE_GUEST_LTO",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
        ] {
            assert!(leaks(name), "{name}");
        }
    }

    #[test]
    fn the_users_set_up_stays() {
        for name in [
            "PATH",
            "CARGO",
            "CARGO_HOME",
            "CARGO_BUILD_JOBS",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "CARGO_REGISTRIES_MIRROR_INDEX",
            "CARGO_TERM_COLOR",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!leaks(name), "{name}");
        }
    }
}
