"""Build `services/matcher/scoring/text/data/stem_order.txt`: English stems, the commonest first.

The WordPiece vocabulary of bert-base-uncased (Apache-2.0) lists words by how common they are in
general English. Its order gives each stem a weight that depends on no coalition, so that scores
do not move when a listing is added. Run: python scripts/build_stem_order.py TOKENIZER_JSON
"""

import json
import sys
from pathlib import Path

from services.matcher.scoring.text.stems import stem

TARGET = Path("services/matcher/scoring/text/data/stem_order.txt")
HEADER = (
    "# English stems in the order of how common they are, one a line.\n"
    "# Derived from the vocabulary of bert-base-uncased (Google, Apache-2.0) by\n"
    "# scripts/build_stem_order.py. Line breaks stand for vocabulary entries that are not words.\n"
)


def main(tokenizer_json: str) -> None:
    vocabulary: dict[str, int] = json.loads(Path(tokenizer_json).read_text())["model"]["vocab"]
    seen: set[str] = set()
    lines = []
    for word in sorted(vocabulary, key=vocabulary.__getitem__):
        stemmed = stem(word) if word.isascii() and word.isalpha() and len(word) > 1 else ""
        lines.append("" if stemmed in seen else stemmed)
        seen.add(stemmed)
    TARGET.write_text(HEADER + "\n".join(lines) + "\n")
    print(f"{TARGET}: {len(seen)} stems")


if __name__ == "__main__":
    main(sys.argv[1])
