"""`make doctor`: the doctor of each service, one after another; 1 when anything is wrong."""

import subprocess
import sys

from shared.settings.common import SERVICES


def main(arguments: list[str]) -> int:
    ended = [
        subprocess.run(
            [sys.executable, "-m", f"services.{service}", "doctor", *arguments], check=False
        )
        for service in SERVICES
    ]
    return max(each.returncode for each in ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
