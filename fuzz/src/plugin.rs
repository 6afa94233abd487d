//! A file in the plugin directory.

use crate::host::HOST;

/// Bytes that are loaded as a plugin, which compiles, links and questions it. The
/// text format is understood as well, so that seeds can be read.
pub fn plugin(data: &[u8]) {
    let text = data.starts_with(b"(").then(|| wat::parse_bytes(data).ok()).flatten();
    let bytes = text.map_or_else(|| data.to_vec(), std::borrow::Cow::into_owned);
    if let Err(error) = HOST.block_on(HOST.sandbox.load_bytes(bytes)) {
        let text = error.to_string();
        assert!(!text.contains(horarium::fuzzing::is_escape), "{text:?} reaches a terminal");
    }
}
