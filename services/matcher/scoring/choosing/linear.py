"""Linear programs whose answer must be whole numbers, solved by HiGHS (used by `assign.py`)."""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

WHOLE = 1e-6
"""How far from a whole number still counts as one."""
INFEASIBLE = 2


class NoAnswer(RuntimeError):
    """The solver gave up; its own words are the message."""


def cheapest(
    cost: NDArray[np.float64],
    matrix: sp.csr_matrix,
    limits: NDArray[np.float64],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    whole: int,
) -> NDArray[np.float64] | None:
    """The cheapest point of `matrix @ x <= limits` whose first `whole` variables are whole.

    `cost` and both `bounds` (lower, upper) have shape (n,), `matrix` (m, n). None where no point
    keeps within the limits; raises `NoAnswer` where the solver gives up.
    """
    if not matrix.shape[0]:
        return np.where(cost < 0, bounds[1], bounds[0])
    found = linprog(
        cost, A_ub=matrix, b_ub=limits, bounds=np.stack(bounds, axis=1), method="highs-ds"
    )
    if found.status == INFEASIBLE:
        return None
    if found.status == 0 and np.abs(found.x[:whole] - np.round(found.x[:whole])).max() < WHOLE:
        return np.asarray(np.where(np.arange(len(cost)) < whole, np.round(found.x), found.x))
    integrality = (np.arange(len(cost)) < whole).astype(np.int64)
    exact = milp(
        cost,
        constraints=LinearConstraint(matrix, ub=limits),
        bounds=Bounds(*bounds),
        integrality=integrality,
        options={"mip_rel_gap": 0.0},
    )
    if exact.status != 0:
        raise NoAnswer(str(exact.message))
    return np.asarray(exact.x, dtype=np.float64)
