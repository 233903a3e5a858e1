"""`python -m shared.failpoints list`: every named place, where it is and what it stands between."""

import sys

from shared.failpoints.places import PLACES


def main(arguments: list[str]) -> int:
    if arguments != ["list"]:
        sys.stderr.write("usage: python -m shared.failpoints list\n")
        return 2
    for name, place in PLACES.items():
        sys.stdout.write(f"{name}\n    {place.where}: {place.between}\n")
    sys.stdout.write(
        "\nCONVENE_FAILPOINTS=place:kill@3,place:raise,place:delay=0.2 (refused in production)\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
