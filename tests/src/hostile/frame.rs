//! Plugins from texts in `tests/hostile`, for what no Rust guest can do.

use std::{fs, path::PathBuf};

/// The plugin of this name: `NAME.wat` as it is, or `frame.wat` around it.
pub(super) fn plugin(name: &str) -> Vec<u8> {
    let text = text(name);
    match text.contains("\n(component") || text.contains("\n(module") {
        true => parsed(name, &text),
        false => around(name, &text),
    }
}

/// The plugin that does no harm, with more in its component.
pub(super) fn plain_and(more: &str) -> Vec<u8> {
    around("plain", &format!("{}\n{more}", text("plain")))
}

fn around(name: &str, guest: &str) -> Vec<u8> {
    // Long and dull, so it stands here once.
    let fill = "(memory.fill (i32.const 4096) (i32.const 0) (i32.const 62_000_000))\n";
    let mut guest = guest.replace(";; FILLS", &fill.repeat(2_000));
    if !guest.contains("(core instance $i") {
        guest.push_str("(core instance $i (instantiate $m))");
    }
    parsed(name, &text("frame").replace(";; GUEST", &guest))
}

fn parsed(name: &str, text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|reason| panic!("tests/hostile/{name}.wat: {reason}"))
}

fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("hostile/{name}.wat"));
    fs::read_to_string(&path).unwrap_or_else(|reason| panic!("{}: {reason}", path.display()))
}
