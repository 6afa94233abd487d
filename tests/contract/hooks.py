"""What Schemathesis does not know by itself: bodies that are neither JSON nor forms."""

import os
import pathlib

import schemathesis
from hypothesis import strategies

PLUGIN = pathlib.Path(os.environ["HORARIUM_PLUGIN"]).read_bytes()

SOUND = b"""
[task.talks]
plugin = "unruly"
function = "flood"
args = { bytes = 240 }
schedule = { manual = true }
"""

schemathesis.openapi.media_type(
    "application/wasm",
    strategies.one_of(
        strategies.just(PLUGIN),
        strategies.just(PLUGIN[: len(PLUGIN) // 2]),
        strategies.binary(max_size=64),
    ),
)
schemathesis.openapi.media_type(
    "application/toml",
    strategies.one_of(
        strategies.just(SOUND),
        strategies.integers(0, len(SOUND)).map(lambda length: SOUND[:length]),
        strategies.binary(max_size=64),
    ),
)
