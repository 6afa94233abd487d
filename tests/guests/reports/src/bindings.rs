//! Generated from `wit/`.

#![expect(unsafe_code, reason = "the canonical ABI is made of raw pointers")]
#![allow(clippy::all, reason = "generated code has a style of its own")]

wit_bindgen::generate!({
    path: "wit",
    world: "reports",
    additional_derives: [Clone],
});

export!(Reports);

use super::Reports;
