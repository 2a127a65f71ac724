"""The scratch environment: peers, models and texts, made once and kept."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from processor import Processor

FOLDER = Path(__file__).resolve().parent
MODEL = "smollm2-135m-instruct"
# Apart from requirements.txt, since it is built for each kind of processor.
LLAMA_CPP = "llama-cpp-python==0.3.36"


@dataclass(frozen=True)
class Environment:
    folder: Path
    heed: Path
    processor: Processor

    @property
    def python(self):
        return self.folder / "venv" / "bin" / "python"

    @property
    def data(self):
        """Prompts, texts, comparisons and the small model, by `peers/workload.py`."""
        return self.folder / "data"

    @property
    def texts(self):
        """Documents to learn from and some that are held out, by `peers/pretraining_texts.py`."""
        return self.folder / "texts"

    @property
    def small_model(self):
        return self.data / "small-model"

    @property
    def llama_cpp(self):
        """A build for this processor, and one for each kind that HEED_CPU asks for."""
        kind = f"-{self.processor.kind.name}" if self.processor.is_confined else ""
        return self.folder / f"llama.cpp{kind}"

    def gguf(self, precision):
        return self.folder / f"{MODEL}-{precision}.gguf"

    @property
    def model(self):
        home = os.environ.get("HEED_HOME", Path.home() / ".cache" / "heed")
        return Path(home) / "models" / MODEL

    def peer(self, script, *arguments):
        """The command of a script of `peers/`."""
        return [self.python, FOLDER / "peers" / f"{script}.py", *arguments]

    def variables(self):
        """All sides have the same instructions, and nothing may be looked up in the network while it is measured.

        How threads wait is up to each: the Makefile's word on it is meant for tests, and would slow the peers down.
        """
        inherited = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
        return {
            **inherited, **self.processor.variables(), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
            "PYTHONPATH": str(self.llama_cpp)}

    def prepare(self):
        """Makes what is missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._install_peers()
        self._build_llama_cpp()
        if not self.model.exists():
            self._run("fetching the model", [self.heed, "models", "pull", MODEL])
        if not self.data.exists():
            self._make(self.data, "writing texts and a small model", "workload", self.model)
        if not self.texts.exists():
            self._make(self.texts, "writing documents", "pretraining_texts")
        for precision in ("bf16", "q8_0"):
            if not self.gguf(precision).exists():
                what = f"converting the model for llama.cpp, {precision}"
                self._make(self.gguf(precision), what, "gguf_model", self.model, precision)

    def _install_peers(self):
        wanted = FOLDER / "requirements.txt"
        installed = self.folder / "venv" / "requirements.txt"
        if installed.exists() and installed.read_text() == wanted.read_text():
            return
        self._run("making a Python environment", [sys.executable, "-m", "venv", self.folder / "venv"])
        self._run("installing the peers", [self.python, "-m", "pip", "install", "--quiet", "-r", wanted])
        shutil.copy(wanted, installed)

    def _build_llama_cpp(self):
        options = [*self.processor.llama_cpp_options(), "-DGGML_LLAMAFILE=ON", "-DLLAVA_BUILD=OFF"]
        wanted = "\n".join([LLAMA_CPP, *options])
        built = self.llama_cpp / "built-as.txt"
        if built.exists() and built.read_text() == wanted:
            return
        shutil.rmtree(self.llama_cpp, ignore_errors=True)
        # Without pip's cache: it knows nothing of options and may hold what was built for another kind.
        self._run(
            "building llama.cpp (minutes)",
            [self.python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir",
             "--no-binary", "llama-cpp-python", "--target", self.llama_cpp, LLAMA_CPP],
            CMAKE_ARGS=" ".join(options))
        built.write_text(wanted)

    def _make(self, target, what, script, *arguments):
        """Runs a script that writes a file or a folder, which gets its name when it is whole."""
        partial = target.with_name(f".{target.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._run(what, self.peer(script, *arguments, partial))
        partial.rename(target)

    def _run(self, what, command, **variables):
        print(f"bench: {what}", file=sys.stderr, flush=True)
        subprocess.run(command, check=True, env={**os.environ, **variables}, stdout=sys.stderr)
