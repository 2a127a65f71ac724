"""The scratch environment: peers, models and texts, made once and kept."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MODEL = "smollm2-135m-instruct"


@dataclass(frozen=True)
class Environment:
    folder: Path
    heed: Path

    @property
    def python(self):
        return self.folder / "venv" / "bin" / "python"

    @property
    def data(self):
        """Prompts, texts, comparisons and the small model, by `peers/workload.py`."""
        return self.folder / "data"

    @property
    def small_model(self):
        return self.data / "small-model"

    @property
    def gguf(self):
        return self.folder / f"{MODEL}.gguf"

    @property
    def model(self):
        home = os.environ.get("HEED_HOME", Path.home() / ".cache" / "heed")
        return Path(home) / "models" / MODEL

    def peer(self, script, *arguments):
        """The command of a script of `peers/`."""
        return [self.python, FOLDER / "peers" / f"{script}.py", *arguments]

    def variables(self):
        """Nothing may be looked up in the network while it is measured."""
        return {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

    def prepare(self):
        """Makes what is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._install_peers()
        if not self.model.exists():
            self._run("fetching the model", [self.heed, "models", "pull", MODEL])
        if not self.data.exists():
            self._make(self.data, "writing texts and a small model", "workload", self.model)
        if not self.gguf.exists():
            self._make(self.gguf, "converting the model for llama.cpp", "gguf_model", self.model)

    def _install_peers(self):
        wanted = FOLDER / "requirements.txt"
        installed = self.folder / "venv" / "requirements.txt"
        if installed.exists() and installed.read_text() == wanted.read_text():
            return
        self._run("making a Python environment", [sys.executable, "-m", "venv", self.folder / "venv"])
        flags = "-DGGML_NATIVE=ON -DGGML_LLAMAFILE=ON -DLLAVA_BUILD=OFF"
        self._run(
            "installing the peers (llama.cpp is built: minutes)",
            [self.python, "-m", "pip", "install", "--quiet", "--no-binary", "llama-cpp-python", "-r", wanted],
            CMAKE_ARGS=flags)
        shutil.copy(wanted, installed)

    def _make(self, target, what, script, *arguments):
        """Runs a script that writes a file or a folder, which gets its name when it is whole."""
        partial = target.with_name(f".{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._run(what, self.peer(script, *arguments, partial))
        partial.rename(target)

    def _run(self, what, command, **variables):
        print(f"bench: {what}", file=sys.stderr, flush=True)
        subprocess.run(command, check=True, env={**os.environ, **variables}, stdout=sys.stderr)
