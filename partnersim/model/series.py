"""Names and places of the series that are observed of a run, without the code that computes them."""

import numpy as np

from partnersim.model.constants import N_LAYERS

SERIES = (
    "change_delivered",
    "trust",
    "competence_trust",
    "goodwill_trust",
    "vision_commitment",
    "contribution",
    "delivered",
    "tension",
    "contact",
    "target_pressure",
    "perceived_joint_working",
    "outcome",
    "outcome_alone",
    "vision_realised",
    "cost",
    "equity",
    "n_members",
    "trust_board",
    "trust_management",
    "trust_front_line",
    "initiatives_completed",
    "initiatives_abandoned",
    "initiatives_under_way",
    "months_of_completed",
    "planned_months_of_completed",
    "waiting",
    "n_coordinators",
)
"""Series observed at the start and after each month, in this order; means are over members."""

(
    CHANGE_DELIVERED, TRUST, COMPETENCE_TRUST, GOODWILL_TRUST, VISION_COMMITMENT, CONTRIBUTION,
    DELIVERED, TENSION, CONTACT, TARGET_PRESSURE, PERCEIVED_JOINT_WORKING, OUTCOME,
    OUTCOME_ALONE, VISION_REALISED, COST, EQUITY, N_MEMBERS, TRUST_BOARD, TRUST_MANAGEMENT,
    TRUST_FRONT_LINE, INITIATIVES_COMPLETED, INITIATIVES_ABANDONED, INITIATIVES_UNDER_WAY,
    MONTHS_OF_COMPLETED, PLANNED_MONTHS_OF_COMPLETED, WAITING, N_COORDINATORS,
) = range(27)  # fmt: skip

DETAIL = (
    ("competence_trust", "ilj"),
    ("goodwill_trust", "ilj"),
    ("vision_commitment", "il"),
    ("contribution", "il"),
    ("delivered", "il"),
    ("tension", "ij"),
    ("contact", "ij"),
    ("target_pressure", "i"),
    ("is_present", "i"),
)
"""State arrays kept month by month on request, and their axes."""


def _shape(axes: str, n: int) -> tuple[int, ...]:
    return tuple(N_LAYERS if axis == "l" else n for axis in axes)


def detail_size(n: int) -> int:
    """Count the numbers of detail that are kept each month, on request, for n organisations."""
    return sum(int(np.prod(_shape(axes, n))) for _, axes in DETAIL)


def unpack_detail(detail: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """Return the arrays of `DETAIL` by name, from float64[..., detail_size(n)]."""
    arrays, begin = {}, 0
    for name, axes in DETAIL:
        shape = _shape(axes, n)
        end = begin + int(np.prod(shape))
        arrays[name] = detail[..., begin:end].reshape(*detail.shape[:-1], *shape)
        begin = end
    return arrays
