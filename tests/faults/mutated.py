"""Run a module of ours, or pytest, with one mutant in it:

python -m tests.faults.mutated get-answers services.notifier worker
python -m tests.faults.mutated inbox-off pytest -n 0 tests/integration/shared
"""

import runpy
import sys

import pytest

from tests.faults.mutants import MUTANTS


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] not in MUTANTS:
        known = "\n".join(f"  {one.name:30} {one.says}" for one in MUTANTS.values())
        sys.exit(f"python -m tests.faults.mutated MUTANT MODULE [WORDS]; mutants:\n{known}")
    name, module, *words = sys.argv[1:]
    MUTANTS[name].apply(pytest.MonkeyPatch())
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
