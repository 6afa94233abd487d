//! However lax a server is, it finds no way out of a granted prefix.

use horarium_core::net::{Target, http::Prefix};
use proptest::prelude::*;

/// One layer of percent-encoding undone.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = path;
    while let [first, tail @ ..] = rest {
        let escape = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// Where a server ends up that decodes so often, and only then splits the path,
/// drops parameters and spaces, merges slashes or not, and follows dots.
fn followed(path: &str, layers: usize, merge: bool) -> Vec<String> {
    let path = (0..layers).fold(path.as_bytes().to_vec(), |path, _| decoded(&path));
    let path = String::from_utf8_lossy(&path).replace('\\', "/");
    let mut place = Vec::new();
    for segment in path.split('/').skip(1) {
        let name = segment.split([';', '\0']).next().unwrap_or_default().trim();
        match name {
            "." => {}
            ".." => drop(place.pop()),
            "" if merge => {}
            _ => place.push(name.to_owned()),
        }
    }
    place
}

/// Pieces that somebody would try.
fn path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/",
        "//",
        "\\",
        "%2f",
        "%2F",
        "%5c",
        "%252f",
        ".",
        "..",
        "%2e",
        "%2E%2e",
        "%252e",
        "%25",
        "%25252e",
        ";",
        ";x=1",
        "%3b",
        "%20",
        "%00",
        "%09",
        "%c0%ae",
        "%e4%bd%a0",
        "?",
        "#",
        "v1",
        "v10",
        "admin",
        "a",
        "@",
        ":",
        "%",
        "é",
        "\t",
        " ",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn nothing_that_is_admitted_leads_out(path in path(), merge: bool, layers in 0_usize..4) {
        let prefix: Prefix = "https://api.example.com/v1/".parse().unwrap();
        let Ok(target) = format!("https://api.example.com/v1/{path}").parse::<Target>() else {
            return Ok(());
        };
        if prefix.holds(&target) {
            let place = followed(target.path(), layers, merge);
            prop_assert_eq!(place.first().map(String::as_str), Some("v1"), "{}", target.path());
        }
    }

    #[test]
    fn a_normal_form_is_its_own(path in path()) {
        if let Ok(target) = format!("https://API.example.com:443{path}").parse::<Target>() {
            let again: Target = target.url().parse().unwrap();
            prop_assert_eq!(again.url(), target.url());
        }
    }

    #[test]
    fn no_text_at_all_is_a_panic(text in "\\PC{0,60}") {
        let _ = text.parse::<Target>();
        let _ = text.parse::<Prefix>();
        let _ = format!("http://{text}").parse::<Target>();
    }
}
