"""A host that serves, for tests that drive it by other programs."""

import json
import pathlib
import shutil
import subprocess
import tempfile

FOLDERS = "plugin_dir = \"plugins\"\ndata_dir = \"data\"\n"


class Host:
    """A host that serves, in a folder of its own, with the plugin `unruly`."""

    def __init__(self, binary, plugins, config, folders=()):
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="horarium-python-"))
        for name in ("data", "plugins", *folders):
            (self.folder / name).mkdir(mode=0o700)
        shutil.copy(plugins / "unruly.wasm", self.folder / "plugins")
        (self.folder / "horarium.toml").write_text(FOLDERS + config)
        self.process = subprocess.Popen(self.verb("--json", "serve"), stdout=subprocess.PIPE, text=True)
        listening = self.until("listening")
        self.address = f"{listening['scheme']}://{listening['address']}"

    def verb(self, *words):
        return [self.binary, "--config", self.folder / "horarium.toml", *words]

    def until(self, name):
        """Waits for an event."""
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"the host has ended without {name}")

    def token(self, scope):
        """Makes a token."""
        made = subprocess.run(
            self.verb("--json", "token", "new", "--scope", scope), stdout=subprocess.PIPE, check=True, text=True
        )
        return json.loads(made.stdout)["token"]

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=90)
        shutil.rmtree(self.folder)
        assert self.process.returncode == 0, f"the host ended with {self.process.returncode}"
