//! Compile errors: where they point and what they say.
//!
//! Nearly all of them are the macro's own. In `ui/types` are those that the compiler
//! finds; a new compiler may word the rest of them differently.

#[test]
fn compile_errors_point_at_the_cause() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.compile_fail("tests/ui/types/*.rs");
}
