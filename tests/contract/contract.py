"""The API against its document. `cargo xtask contract` runs this.

Starts a host with tasks that succeed, fail and take a moment, and has Schemathesis ask it for
whatever docs/openapi.json describes, and for what it does not. What the answers are held to is in
schemathesis.toml. The host has to be alive and end well after all that.
"""

import argparse
import os
import pathlib
import subprocess
import sys

from serving import Host

HERE = pathlib.Path(__file__).parent
DOCUMENT = "docs/openapi.json"

CONFIG = """
[web]
listen = "127.0.0.1:0"

[defaults]
retry = { max_attempts = 2, delay = "10ms" }

[task.talks]
plugin = "unruly"
function = "flood"
args = { bytes = 240 }
schedule = { every = "1h" }

[task.panics]
plugin = "unruly"
function = "panic"
args = { message = "no" }
schedule = { manual = true }

[task.sleeps]
plugin = "unruly"
function = "sleep"
args = { ms = 40 }
schedule = { cron = "30 2 * * *", timezone = "Europe/Paris" }
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=pathlib.Path, required=True, help="the binary")
    parser.add_argument("--plugins", type=pathlib.Path, required=True, help="where the guests of the tests are")
    arguments, more = parser.parse_known_args()
    host = Host(arguments.host.resolve(), arguments.plugins, CONFIG)
    for task in ("talks", "panics", "sleeps"):
        subprocess.run(host.verb("trigger", task), stdout=subprocess.DEVNULL, check=True)
        keep = host.verb("state", "set", task, "cursor", "7")
        subprocess.run(keep, stdout=subprocess.DEVNULL, check=True)
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        "--config-file",
        HERE / "schemathesis.toml",
        "run",
        DOCUMENT,
        "--url",
        f"{host.address}/api/v1",
        *more,
    ]
    environment = {
        **os.environ,
        "HYPOTHESIS_STORAGE_DIRECTORY": host.folder / "hypothesis",
        "HORARIUM_TOKEN": host.token("admin"),
        "HORARIUM_PLUGIN": host.folder / "plugins/unruly.wasm",
    }
    asked = subprocess.run(command, env=environment)
    host.stop()
    sys.exit(asked.returncode)


if __name__ == "__main__":
    main()
