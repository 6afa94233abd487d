use super::*;

/// A component with this core module.
fn module(fields: &str) -> String {
    format!("(component (core module {fields}))")
}

/// What the compiler says.
fn compile(metering: Metering, text: &str) -> Result<Vec<u8>, String> {
    let wasm = wat::parse_str(text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
    let engine = compiler(metering).unwrap();
    engine.precompile_component(&wasm).map_err(|reason| format!("{reason:#}"))
}

#[test]
fn what_is_off_is_refused() {
    let off = [
        // Garbage collection, and types that need it.
        (module("(type (struct (field i32)))"), "gc"),
        (module("(type (array i8))"), "gc"),
        (module("(func (param externref))"), "gc"),
        (module("(func (result i31ref) (ref.i31 (i32.const 0)))"), "gc"),
        // Exceptions, of both generations.
        (module("(tag (param i32))"), "exceptions"),
        (module("(func try_table end)"), "exceptions"),
        (module("(func try catch_all end)"), "exceptions"),
        (
            module("(func (param (ref null func)) (drop (ref.as_non_null (local.get 0))))"),
            "function references",
        ),
        (module("(type $f (func)) (func (param (ref null $f)))"), "function references"),
        (module("(memory i64 1)"), "memory64"),
        (module("(table i64 1 funcref)"), "memory64"),
        // Threads.
        (module("(memory 1 1 shared)"), "threads"),
        (module("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))"), "threads"),
        (module("(func atomic.fence)"), "threads"),
        (module("(type (shared (func)))"), "shared"),
        // Not standard yet.
        (module("(memory 1 1 (pagesize 1))"), "custom page sizes"),
        (
            module(
                "(func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
            ),
            "wide arithmetic",
        ),
        (module("(type $f (func)) (type $c (cont $f))"), "stack switching"),
        // The component model's async.
        ("(component (type (stream u8)))".to_owned(), "async"),
        ("(component (type (future u8)))".to_owned(), "async"),
        ("(component (type (func async)))".to_owned(), "async"),
        ("(component (core func (canon task.cancel)))".to_owned(), "async"),
        ("(component (core func (canon waitable-set.new)))".to_owned(), "async"),
        ("(component (type error-context))".to_owned(), "error-context"),
        ("(component (core func (canon thread.index)))".to_owned(), "threading"),
        // What else the component model may get.
        ("(component (type (map string u32)))".to_owned(), "maps"),
        ("(component (type (list u8 4)))".to_owned(), "fixed-length"),
        ("(component (import \"v\" (value string)))".to_owned(), "values"),
    ];
    for (text, feature) in &off {
        for metering in [Metering::Metered, Metering::Unmetered] {
            let reason = compile(metering, text).expect_err(text);
            eprintln!("{feature}: {reason} <- {text}");
        }
    }
}
