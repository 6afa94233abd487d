//! What goes in comes out again.

use crate::{
    Exports,
    bindings::exports::test::exports::echo::{AllNumbers, AllTexts, Color, Figure, Guest, Letters},
};

impl Guest for Exports {
    fn numbers(it: AllNumbers) -> AllNumbers {
        it
    }

    fn texts(it: AllTexts) -> AllTexts {
        it
    }

    fn some_of(it: Letters) -> Letters {
        it
    }

    fn one_of(it: Color) -> Color {
        it
    }

    fn either(it: Figure) -> Figure {
        it
    }

    fn maybe(it: Option<Option<Option<String>>>) -> Option<Option<Option<String>>> {
        it
    }

    fn inner(it: Vec<Result<u8, String>>) -> Vec<Result<u8, String>> {
        it
    }

    fn bare(it: Result<(), ()>) -> (Result<(), ()>,) {
        (it,)
    }
}
