//! Programs for WASI preview 1: core modules, adapted.

use horarium_core::verdict::Verdict;
use horarium_sandbox::LoadError;
use sha2::{Digest as _, Sha256};

use crate::support::{Call, sandbox, written};

/// Says hello, and exits with this code.
fn hello(code: u8) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "hello\n")
            (data (i32.const 0) "\10\00\00\00\06\00\00\00")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $exit (i32.const {code}))))"#
    )
}

#[tokio::test]
async fn a_module_runs_as_a_program() {
    for (code, verdict) in
        [(0, Verdict::Succeeded { output: None }), (1, Verdict::failed("exit code 1"))]
    {
        let (sandbox, plugin) = written(&hello(code)).await;
        let call = Call::to("run");
        let heard = call.heard.clone();
        let outcome = call.run(&sandbox, &plugin).await;
        assert_eq!(outcome.verdict, verdict);
        assert_eq!(heard.messages(), ["hello"]);
    }
}

#[tokio::test]
async fn it_is_known_by_the_bytes_that_were_dropped() {
    let bytes = wat::parse_str(hello(0)).unwrap();
    let plugin = sandbox().load_bytes(bytes.clone()).await.unwrap();
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    assert_eq!(plugin.digest(), horarium_core::digest::Digest::new(digest));
}

#[tokio::test]
async fn a_start_that_just_returns_is_a_success() {
    let (sandbox, plugin) =
        written(r#"(module (memory (export "memory") 1) (func (export "_start")))"#).await;
    let outcome = Call::to("run").run(&sandbox, &plugin).await;
    assert_eq!(outcome.verdict, Verdict::Succeeded { output: None });
}

#[tokio::test]
async fn one_that_traps_has_trapped() {
    let (sandbox, plugin) =
        written(r#"(module (memory (export "memory") 1) (func (export "_start") unreachable))"#)
            .await;
    let outcome = Call::to("run").run(&sandbox, &plugin).await;
    assert!(matches!(outcome.verdict, Verdict::Trapped(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_start_of_the_wrong_type_is_refused() {
    let module = r#"(module (memory (export "memory") 1) (func (export "_start") (param i32)))"#;
    let error = sandbox().load_bytes(wat::parse_str(module).unwrap()).await.unwrap_err();
    assert!(matches!(error, LoadError::Invalid(_) | LoadError::CoreModule(_)), "{error}");
}
