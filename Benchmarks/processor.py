"""What the processor multiplies with: the kinds in which Heed's kernels come (Sources/CTorch/Processor.cpp)."""

import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """Instructions, by the name that HEED_CPU gives them, and the same in the peers' words."""

    name: str
    flags: str  # of /proc/cpuinfo, besides those of the kind before
    libtorch: str
    one_dnn: str
    mkl: str
    llama_cpp: str  # options of its build, besides those of the kind before


KINDS = (
    Kind("generic", "", "default", "SSE41", "SSE4_2", ""),
    Kind(
        "avx2", "avx avx2 bmi1 bmi2 f16c fma abm movbe", "avx2", "AVX2", "AVX2", "SSE42 AVX AVX2 FMA F16C BMI2"),
    Kind("avx512", "avx512f avx512bw avx512cd avx512dq avx512vl", "avx512", "AVX512_CORE", "AVX512", "AVX512"),
    Kind("avx512bf16", "avx512_bf16", "avx512", "AVX512_CORE_BF16", "AVX512", "AVX512_VNNI AVX512_BF16"),
)


class UnknownProcessor(Exception):
    """HEED_CPU names nothing that this processor can do."""


@dataclass(frozen=True)
class Processor:
    """The kind in use, and whether HEED_CPU chose it: then everything that is measured is confined to it."""

    kind: Kind
    is_confined: bool = False

    @classmethod
    def in_use(cls, environment=None, flags=None):
        environment = os.environ if environment is None else environment
        able = _able(_flags() if flags is None else flags)
        wanted = environment.get("HEED_CPU")
        if wanted is None:
            return cls(able[-1])
        for kind in able:
            if kind.name == wanted:
                return cls(kind, is_confined=True)
        raise UnknownProcessor(
            f"HEED_CPU is '{wanted}', expected one of {', '.join(kind.name for kind in able)}; unset it to use "
            f"all that this processor has")

    @property
    def precision(self):
        """In which Heed and libtorch are fastest: without an instruction for it, bf16 takes ten times as long."""
        return "bf16" if self.kind.name == "avx512bf16" else "fp32"

    def variables(self):
        """What keeps the libraries of all sides to the instructions in use."""
        if not self.is_confined:
            return {}
        return {
            "ATEN_CPU_CAPABILITY": self.kind.libtorch, "ONEDNN_MAX_CPU_ISA": self.kind.one_dnn,
            "MKL_ENABLE_INSTRUCTIONS": self.kind.mkl}

    def llama_cpp_options(self):
        """llama.cpp chooses its instructions when it is built."""
        if not self.is_confined:
            return ["-DGGML_NATIVE=ON"]
        used = " ".join(kind.llama_cpp for kind in KINDS[:KINDS.index(self.kind) + 1]).split()
        every = " ".join(kind.llama_cpp for kind in KINDS).split()
        return ["-DGGML_NATIVE=OFF", *(f"-DGGML_{name}={'ON' if name in used else 'OFF'}" for name in every)]

    def __str__(self):
        return self.kind.name + (" by HEED_CPU" if self.is_confined else "")


def _able(flags):
    """The kinds that a processor with these flags has, each of which includes those before it."""
    able = []
    for kind in KINDS:
        if not set(kind.flags.split()) <= flags:
            break
        able.append(kind)
    return able


def _flags():
    if platform.machine() != "x86_64":
        return set()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return set(next(line for line in file if line.startswith("flags")).split(":")[1].split())
