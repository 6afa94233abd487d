//! Children of every kind. The real one is tested with the host's binary.

use std::{fs::File, io::Read};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::engine;

/// A child that does what a shell is told.
struct Script<'a> {
    script: &'a str,
    limits: CompileLimits,
    wasm: Bytes,
}

impl<'a> Script<'a> {
    fn new(script: &'a str) -> Self {
        let limits = CompileLimits { timeout: Duration::from_secs(3600), ..CompileLimits::DEFAULT };
        Self { script, limits, wasm: Bytes::from_static(b"plugin") }
    }

    async fn compile(&self) -> Result<Vec<u8>, LoadError> {
        let bench = Workbench::new(Compiler::Child(ChildCompiler {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), self.script.into()],
            env: Vec::new(),
            limits: self.limits,
        }));
        let engine = engine::compiler(Metering::Metered).unwrap();
        bench.turn().await.compile(&engine, Metering::Metered, self.wasm.clone()).await
    }
}

/// What is said about a child that does this.
async fn refusal(script: &str) -> LoadError {
    Script::new(script).compile().await.expect_err(script)
}

#[tokio::test]
async fn what_a_child_makes_comes_back_byte_by_byte() {
    let script = Script::new(r#"printf '{"compiled":{"length":5}}\n\0a\nb\377'"#);
    assert_eq!(script.compile().await.unwrap(), b"\0a\nb\xff");
}

#[tokio::test]
async fn a_child_gets_its_order_and_the_plugin_and_no_environment() {
    // What the shell itself adds is no heritage.
    let script = Script::new(
        r#"
        read -r order
        plugin=$(head -c 6)
        heritage=$(env | grep -v -e '^PWD=' -e '^OLDPWD=' -e '^SHLVL=' -e '^_=')
        said="$order $plugin $heritage."
        printf '{"compiled":{"length":%s}}\n%s' "${#said}" "$said"
        "#,
    );
    let said = String::from_utf8(script.compile().await.unwrap()).unwrap();
    let (order, rest) = said.split_once("} ").unwrap();
    assert!(order.starts_with(r#"{"metering":"metered","engine":"#), "{order}");
    assert!(order.ends_with(r#""seconds":3600,"memory":2147483648,"length":6"#), "{order}");
    assert_eq!(rest, "plugin .");
}

#[tokio::test]
async fn how_a_child_dies_is_told() {
    let died = |error: &LoadError, signal: i32| {
        let text = format!("was ended by signal {signal}");
        matches!(error, LoadError::Compiler(said) if *said == text)
    };
    let error = refusal("kill -KILL $$").await;
    assert!(died(&error, 9), "{error}");
    let error = refusal("kill -SEGV $$").await;
    assert!(matches!(error, LoadError::CompileCrash { signal: "SIGSEGV", .. }), "{error}");
    let error = refusal(r#"printf '{"compiled":{"length":100}}\nhalf'; kill -KILL $$"#).await;
    assert!(died(&error, 9), "{error}");
    let error = refusal("kill -ABRT $$").await;
    assert!(matches!(error, LoadError::CompileCrash { memory: 0x8000_0000, .. }), "{error}");
    let error = refusal("kill -XCPU $$").await;
    assert!(matches!(error, LoadError::CompileTime { .. }), "{error}");
    let error = refusal("exit 3").await.to_string();
    assert!(error.contains("exit status: 3"), "{error}");
}

#[tokio::test]
async fn what_a_child_says_is_bounded_and_escaped() {
    for garbage in ["echo hello", "echo; echo", "cat /dev/zero", "tr '\\0' ' ' </dev/zero"] {
        let error = refusal(garbage).await;
        assert!(matches!(&error, LoadError::Compiler(_)), "{garbage}: {error}");
        assert!(error.to_string().len() < 200, "{garbage}: {error}");
    }
    let error = refusal(r#"echo '{"compiled":{"length":99999999999}}'"#).await;
    assert!(matches!(error, LoadError::TooMuchCode { length: 99_999_999_999, .. }), "{error}");
    let error = refusal(r#"printf '{"invalid":{"reason":"\\u001b[31mred"}}\n'"#).await;
    assert!(matches!(&error, LoadError::Invalid(text) if text == "\\u{1b}[31mred"), "{error}");
    let error = refusal(
        r#"long=$(head -c 9000 /dev/zero | tr '\0' a); echo "{\"panicked\":{\"reason\":\"$long\"}}""#,
    );
    let error = error.await.to_string();
    assert!((1_000..1_100).contains(&error.len()), "{error}");
}

#[tokio::test]
async fn a_child_may_say_what_it_lacks() {
    let error = refusal(r#"echo '"out_of_memory"'"#).await;
    assert!(matches!(error, LoadError::CompileMemory { .. }), "{error}");
    let error = refusal(r#"echo '"other_engine"'"#).await;
    assert!(matches!(error, LoadError::OtherCompiler), "{error}");
}

#[tokio::test]
async fn a_child_that_does_nothing_is_not_waited_for() {
    let limits = CompileLimits { timeout: Duration::from_millis(10), ..CompileLimits::DEFAULT };
    // More than a pipe holds: neither to write nor to read hangs.
    let wasm = Bytes::from(vec![0; 1 << 20]);
    for lazy in ["exec sleep 1000", "exec 1>&-; exec sleep 1000"] {
        let script = Script { limits, wasm: wasm.clone(), ..Script::new(lazy) };
        let error = script.compile().await.expect_err(lazy);
        assert!(matches!(error, LoadError::CompileStalled), "{lazy}: {error}");
    }
}

#[tokio::test]
async fn a_compiler_that_is_not_there_is_named() {
    let bench = Workbench::new(Compiler::Child(ChildCompiler {
        program: "/nowhere/horarium".into(),
        args: Vec::new(),
        env: Vec::new(),
        limits: CompileLimits::DEFAULT,
    }));
    let engine = engine::compiler(Metering::Metered).unwrap();
    let error =
        bench.turn().await.compile(&engine, Metering::Metered, Bytes::new()).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/horarium"), "{error}");
    assert!(!error.is_final(), "it may be there tomorrow");
}

#[tokio::test]
async fn who_gives_up_ends_the_child() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let script = format!("exec 3>{}; exec sleep 1000", pipe.display());
    // Opening it waits for the child, reading it for the child's end.
    let opened = tokio::task::spawn_blocking(move || File::open(pipe).unwrap());
    let mut pipe = tokio::select! {
        error = refusal(&script) => panic!("{error}"),
        pipe = opened => pipe.unwrap(),
    };
    assert_eq!(pipe.read(&mut [0]).unwrap(), 0);
}
