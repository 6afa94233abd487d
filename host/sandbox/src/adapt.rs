//! What is done to a plugin's bytes before they are compiled: a program for WASI
//! preview 1, a core module, becomes a component with the adapter of wasmtime's own.

use std::borrow::Cow;

use horarium_core::text;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1,
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as ADAPTER,
};
use wasmparser::{ExternalKind, Parser, Payload};
use wit_component::ComponentEncoder;

/// The longest text of a module's that is shown in an error, in bytes.
const SHOWN: usize = 256;

/// The component that these bytes are, or that they become. A pure function, for a
/// hostile author's bytes: it belongs where they are compiled.
///
/// # Errors
/// Where they are a core module that is no program for WASI preview 1: what it
/// is instead.
pub(crate) fn component(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if is_module(bytes) {
        let adapted = check(bytes).and_then(|()| adapt(bytes));
        return adapted.map(Cow::Owned);
    }
    Ok(Cow::Borrowed(bytes))
}

fn is_module(bytes: &[u8]) -> bool {
    matches!(bytes, [0, b'a', b's', b'm', 1, 0, 0, 0, ..])
}

fn adapt(module: &[u8]) -> Result<Vec<u8>, String> {
    let encoded = ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.adapter(PREVIEW1, ADAPTER))
        .and_then(ComponentEncoder::encode);
    encoded.map_err(|reason| format!("it can't be made one: {}", shown(&format!("{reason:#}"))))
}

/// What a module has that tells what it is.
#[derive(Default)]
struct Outside<'a> {
    start: bool,
    initialize: bool,
    memory: bool,
    /// The first import that no host for WASI preview 1 has.
    foreign: Option<(&'a str, &'a str)>,
}

/// The encoder takes more than can run, and says little about what it does not take.
fn check(module: &[u8]) -> Result<(), String> {
    let outside = outside(module)
        .map_err(|reason| format!("it is damaged: {}", shown(&reason.to_string())))?;
    if let Some((from, name)) = outside.foreign {
        let (from, name) = (shown(from), shown(name));
        return Err(format!(
            "it imports `{name}` from `{from}`, which is not WASI preview 1; {MEND}"
        ));
    }
    match outside {
        Outside { start: true, memory: true, .. } => Ok(()),
        Outside { start: true, memory: false, .. } => {
            Err("it exports no `memory`, as programs for WASI preview 1 do".to_owned())
        }
        Outside { initialize: true, .. } => {
            Err(format!("it is a library: it exports `_initialize` and no `_start`; {MEND}"))
        }
        _ => Err(format!("it exports no `_start`, as programs do; {MEND}")),
    }
}

const MEND: &str = "build it as a component (`wasm32-wasip2`) or as a program (`wasm32-wasip1`)";

fn outside(module: &[u8]) -> wasmparser::Result<Outside<'_>> {
    let mut outside = Outside::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if import.module != PREVIEW1 {
                        outside.foreign.get_or_insert((import.module, import.name));
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    match (export.name, export.kind) {
                        ("_start", ExternalKind::Func) => outside.start = true,
                        ("_initialize", ExternalKind::Func) => outside.initialize = true,
                        ("memory", ExternalKind::Memory) => outside.memory = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(outside)
}

fn shown(words: &str) -> String {
    text::shown(words, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wat: &str) -> String {
        component(&wat::parse_str(wat).unwrap()).unwrap_err()
    }

    #[test]
    fn programs_become_components() {
        let module = wat::parse_str(
            r#"(module
                (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
                (memory (export "memory") 1)
                (func (export "_start")))"#,
        )
        .unwrap();
        let adapted = component(&module).unwrap();
        assert!(matches!(adapted, Cow::Owned(_)) && !is_module(&adapted));
        let bare = b"\0asm\x0d\0\x01\0";
        assert!(matches!(component(bare).unwrap(), Cow::Borrowed(_)), "a component stays as it is");
    }

    #[test]
    fn what_is_no_program_is_named() {
        let library = r#"(module (memory (export "memory") 1) (func (export "_initialize")))"#;
        assert!(refusal(library).contains("it is a library"));
        assert!(refusal("(module)").contains("no `_start`"));
        assert!(refusal(r#"(module (func (export "_start")))"#).contains("no `memory`"));
        for (from, name) in [("env", "emscripten_sleep"), ("wasi_unstable", "fd_write")] {
            let module = format!(r#"(module (import "{from}" "{name}" (func)))"#);
            let error = refusal(&module);
            assert!(error.contains(&format!("imports `{name}` from `{from}`")), "{error}");
        }
        let unknown = r#"(module (import "wasi_snapshot_preview1" "fd_think" (func))
            (memory (export "memory") 1) (func (export "_start")))"#;
        assert!(refusal(unknown).contains("fd_think"), "{}", refusal(unknown));
        let error = component(b"\0asm\x01\0\0\0\x02\xff").unwrap_err();
        assert!(error.contains("it is damaged"), "{error}");
    }
}
