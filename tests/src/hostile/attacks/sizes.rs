//! Files with more of everything than anybody needs.

use std::fmt::Write as _;

use super::Attack;
use crate::hostile::frame::plain_and;

pub(super) fn attacks() -> Vec<Attack> {
    let many = |count: usize, text: &str| text.repeat(count);
    let numbered = |count: usize, text: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut all, n| {
            let _ = write!(all, "{}", text(n));
            all
        })
    };
    vec![
        Attack::file(
            "instances",
            "1,000 instances of a module",
            plain_and(&format!(
                "(core module $n) {}",
                many(1_000, "(core instance (instantiate $n))")
            )),
            "instances",
        ),
        Attack::file(
            "memories",
            "a module with 100 memories",
            plain_and(&format!(
                "(core module $n {}) (core instance (instantiate $n))",
                many(100, "(memory 0)")
            )),
            "memories",
        ),
        Attack::file(
            "tables",
            "a module with 90 tables",
            plain_and(&format!(
                "(core module $n {}) (core instance (instantiate $n))",
                many(90, "(table 0 funcref)")
            )),
            "tables",
        ),
        Attack::file(
            "table-of-4-billion",
            "a table with 4 billion entries",
            plain_and(
                "(core module $n (table 4294967295 funcref)) (core instance (instantiate $n))",
            ),
            "",
        ),
        Attack::file(
            "memory-of-4-gib",
            "a memory of 4 GiB",
            plain_and("(core module $n (memory 65536)) (core instance (instantiate $n))"),
            "",
        ),
        Attack::file(
            "imports",
            "10,000 imports",
            plain_and(&numbered(10_000, &|n| format!("(import \"f{n}\" (func))"))),
            "",
        ),
        Attack::file(
            "functions",
            "300 functions of its own to call",
            callable(&numbered(300, &|n| {
                format!("(func (export \"f{n}\") (canon lift (core func $i \"run\")))")
            })),
            "more than 256 functions",
        ),
        Attack::file(
            "signature",
            "a function whose type, written out, has a million words",
            callable(&format!(
                "(type $t0 (tuple u8 u8)) {} (func (export \"f\") (param \"it\" (list $t15))
                     (canon lift (core func $i \"take\") (memory (core memory $i \"memory\"))
                         (realloc (core func $i \"realloc\"))))",
                numbered(15, &|n| format!("(type $t{} (tuple $t{n} $t{n}))", n + 1))
            )),
            "too long to be checked",
        ),
        Attack::harmless(
            "exports",
            "100,000 exports",
            plain_and(&format!(
                "(core module (func $f) {})",
                numbered(100_000, &|n| format!("(export \"f{n}\" (func $f))"))
            )),
        ),
        Attack::harmless(
            "nested-components",
            "components in components, 1,000 deep",
            nested(1_000),
        ),
        Attack::file(
            "nested-types",
            "lists of lists, 10,000 deep",
            plain_and(&format!(
                "(type $t0 (list u8)) {}",
                numbered(10_000, &|n| format!("(type $t{} (list $t{n}))", n + 1))
            )),
            "",
        ),
        Attack::file(
            "wide-types",
            "a tuple of tuples that would be 2^40 values long",
            plain_and(&format!(
                "(type $t0 (tuple u8 u8)) {}",
                numbered(40, &|n| format!("(type $t{} (tuple $t{n} $t{n}))", n + 1))
            )),
            "",
        ),
        Attack::file(
            "locals",
            "a function with 50,001 local variables",
            plain_and(&format!("(core module (func (local {})))", many(50_001, "i64 "))),
            "too many locals",
        ),
        Attack::file(
            "data",
            "100,001 segments of data",
            plain_and(&format!("(core module (memory 1) {})", many(100_001, "(data \"\")"))),
            "",
        ),
    ]
}

/// A component that knows nothing of tasks.
fn callable(functions: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (func (export "run"))
                (func (export "take") (param i32 i32))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
            (core instance $i (instantiate $m))
            {functions})"#
    );
    wat::parse_str(text).expect("the text is right")
}

/// Components in components in a plugin. No parser of texts goes that deep.
fn nested(depth: usize) -> Vec<u8> {
    let within = |outer: &[u8], inner: &[u8]| {
        let mut bytes = outer.to_vec();
        // The section for a component, and its length in LEB128.
        bytes.push(4);
        let mut length = inner.len();
        while length > 0x7f {
            bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap_or_default());
        bytes.extend(inner);
        bytes
    };
    let empty = b"\0asm\x0d\0\x01\0";
    let inner = (0..depth).fold(empty.to_vec(), |inner, _| within(empty, &inner));
    within(&plain_and(""), &inner)
}
