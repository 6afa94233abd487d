//! What pages are dressed with: files of the binary, by an address that changes with their
//! content, so that a browser may keep them.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::refused::Refused;
use crate::api::Problem;

/// A file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

static FILES: [Asset; 3] = [
    Asset {
        name: "horarium.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("assets/horarium.css"),
    },
    Asset {
        name: "horarium.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("assets/horarium.js"),
    },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: include_str!("assets/icon.svg") },
];

/// Their addresses.
pub(super) struct Addresses {
    pub(super) css: String,
    pub(super) js: String,
    pub(super) icon: String,
}

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| {
    let [css, js, icon] = FILES.each_ref().map(Asset::address);
    Addresses { css, js, icon }
});

/// Where the files are.
pub(super) fn addresses() -> &'static Addresses {
    &ADDRESSES
}

impl Asset {
    fn address(&self) -> String {
        let hash = Sha256::digest(self.text.as_bytes());
        let short: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("/ui/{short}/{}", self.name)
    }
}

/// Answers with a file. One that was asked for by the address of another version has
/// changed; whoever reads an old page gets the new file, and keeps it only for that page.
pub(super) async fn show(Path((hash, name)): Path<(String, String)>) -> Result<Response, Refused> {
    let file = FILES.iter().find(|file| file.name == name);
    let file = file.ok_or_else(|| Problem::not_found("there is nothing at this address"))?;
    let kept = match file.address() == format!("/ui/{hash}/{name}") {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    Ok((headers, file.text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_for_elsewhere() {
        for file in &FILES {
            let text = file.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://") && !text.contains("@import"), "{}", file.name);
            assert!(file.text.len() < 20_000, "{}", file.name);
        }
    }

    #[test]
    fn addresses_tell_versions_apart() {
        let one = Asset { name: "a.css", kind: "", text: "a" };
        let other = Asset { name: "a.css", kind: "", text: "b" };
        assert_ne!(one.address(), other.address());
        assert_eq!(one.address(), "/ui/ca978112ca1b/a.css");
    }
}
