//! The page as a browser loads it that was never there before.

use std::{collections::BTreeSet, net::SocketAddr, time::Instant};

use anyhow::{Result, ensure};

use super::load::Connection;
use crate::figure::{Figure, median};

const REPEATS: usize = 20;

pub(super) async fn measure(address: SocketAddr) -> Result<()> {
    let (mut sizes, mut times) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let start = Instant::now();
        let bytes = view(address).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        sizes.push(bytes as f64 / 1e3);
    }
    Figure::lower(
        "web.first_view_kb",
        (median(sizes), "kB"),
        Some(100.0),
        "the overview with style, script and icon, as sent, without headers; 10,000 tasks, 1,000,000 runs, while 1,000 runs a second go on",
    )
    .print()?;
    Figure::lower(
        "web.first_view_ms",
        (median(times), "ms"),
        Some(200.0),
        "the same, from connecting over TCP on loopback to the last byte, one file after the other; median of 20",
    )
    .print()
}

/// Loads the page and what it names; returns how many bytes that is.
async fn view(address: SocketAddr) -> Result<usize> {
    let mut connection = Connection::open(address).await?;
    let page = connection.get("/").await?;
    let mut bytes = page.len();
    let text = String::from_utf8_lossy(&page);
    let files = files(&text);
    ensure!(files.len() >= 2, "the page names {files:?}");
    for file in files {
        bytes += connection.get(file).await?.len();
    }
    Ok(bytes)
}

/// What a browser loads with a page: what its head links to, scripts and pictures.
fn files(page: &str) -> BTreeSet<&str> {
    let tags = page
        .split('<')
        .filter(|tag| ["link ", "script ", "img "].iter().any(|name| tag.starts_with(name)));
    let files = tags.filter_map(|tag| {
        let tag = tag.split('>').next()?;
        let (_, rest) = tag.split_once("src=\"").or_else(|| tag.split_once("href=\""))?;
        rest.split('"').next()
    });
    files.collect()
}
