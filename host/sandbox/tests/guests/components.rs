//! Files that are no plugins, and plugins that lie.

use std::fs;

use horarium_sandbox::{Cache, Compiler, LoadError, Sandbox, SandboxConfig};

use crate::support::{guest, sandbox};

async fn refusal(bytes: Vec<u8>) -> LoadError {
    sandbox().load_bytes(bytes).await.unwrap_err()
}

#[tokio::test]
async fn a_truncated_plugin_is_refused_at_any_length() {
    let whole = guest("noop");
    for length in [0, 1, 4, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        let error = refusal(whole[..length].to_vec()).await;
        assert!(
            matches!(
                error,
                LoadError::Empty
                    | LoadError::NotWasm(_)
                    | LoadError::Invalid(_)
                    | LoadError::NothingToCall(_)
            ),
            "{length} bytes: {error}"
        );
    }
}

#[tokio::test]
async fn a_corrupted_plugin_is_refused_or_harmless() {
    let whole = guest("noop");
    let sandbox = sandbox();
    // A step that does not share a factor with anything in the format.
    for place in (8..whole.len()).step_by(4_999) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0xff;
        // A name or a constant may be hit, which makes it another plugin.
        let _ = sandbox.load_bytes(bytes).await;
    }
    assert!(sandbox.load_bytes(whole).await.is_ok());
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_named() {
    let bare = wat::parse_str("(component)").unwrap();
    assert!(matches!(refusal(bare).await, LoadError::NothingToCall(_)));
    let wants = wat::parse_str(
        r#"(component
            (import "acme:mail/send@1.0.0" (instance (export "f" (func))))
            (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func (export "f") (canon lift (core func $i "f"))))"#,
    )
    .unwrap();
    let error = refusal(wants).await;
    assert!(matches!(&error, LoadError::UnknownImport(_)), "{error}");
    assert!(error.to_string().contains("acme:mail/send"), "{error}");
    let module = wat::parse_str("(module)").unwrap();
    assert!(matches!(refusal(module).await, LoadError::CoreModule(_)));
}

#[tokio::test]
async fn another_version_of_the_contract_is_no_mere_export() {
    let later = wat::parse_str(
        r#"(component
            (core module $m (func (export "run")))
            (core instance $i (instantiate $m))
            (func $run (canon lift (core func $i "run")))
            (instance $guest (export "run" (func $run)))
            (export "horarium:task/guest@2.0.0" (instance $guest)))"#,
    );
    let error = refusal(later.unwrap()).await;
    assert!(matches!(&error, LoadError::OtherContract { .. }), "{error}");
    assert!(error.to_string().contains("guest@2.0.0`, and this host speaks"), "{error}");
}

#[tokio::test]
async fn functions_are_described_once_and_then_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let load = async || {
        let cache = Cache::open(&dir.path().join("cache")).unwrap();
        let sandbox =
            Sandbox::new(&SandboxConfig::default(), Compiler::InProcess, Some(cache)).unwrap();
        sandbox.load_bytes(guest("sdk-probe")).await.unwrap()
    };
    let compiled = load().await;
    assert!(fs::read_dir(dir.path().join("cache")).unwrap().count() >= 2, "key and entry");
    let cached = load().await;
    assert!(compiled.functions().len() > 5);
    assert_eq!(compiled.functions(), cached.functions());
    assert_eq!(compiled.imports(), cached.imports());
}

#[tokio::test]
async fn what_a_plugin_publishes_is_what_its_author_wrote() {
    let plugin = sandbox().load_bytes(guest("unruly")).await.unwrap();
    let sleep = plugin.function("sleep").unwrap();
    assert!(!sleep.summary.is_empty());
    assert_eq!(sleep.args_schema.as_ref().unwrap().value()["properties"]["ms"]["type"], "integer");
    assert!(plugin.function("succeed").unwrap().args_schema.is_none());
    assert!(plugin.imports().iter().any(|import| import.starts_with("horarium:task/log@")));
}
