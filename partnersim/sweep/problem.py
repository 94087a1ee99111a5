"""The parameters of a sweep as SALib and other libraries want them: bounds, and numbers for names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from partnersim.scenario.errors import ScenarioError
from partnersim.sweep.designs import TableDesign, join_groups
from partnersim.sweep.parameters import Column, Distribution, Floats, Parameter, Values, as_column, key_of

if TYPE_CHECKING:
    import pandas as pd

    from partnersim.sweep.plan import Plan


def as_numbers(points: pd.DataFrame) -> Floats:
    """Turn the parameters of points into numbers, float64[n_points, n_parameters].

    Switches are 0 and 1; names are numbered from 0 in the order of their letters.
    """
    return np.column_stack([_numbers(points[path].to_numpy()) for path in points])


def _numbers(column: Column) -> Floats:
    if column.dtype.kind in "fiub":
        return column.astype(np.float64)
    return np.unique(column.astype(np.str_), return_inverse=True)[1].astype(np.float64)


def problem_of(plan: Plan) -> dict[str, Any]:
    """Describe the parameters as SALib wants them; see `partnersim.Sweep.problem`."""
    parameters = plan.parameters_by_path
    kinds = [_kind_and_bounds(plan, parameter) for parameter in parameters.values()]
    problem: dict[str, Any] = {
        "num_vars": len(parameters),
        "names": list(parameters),
        "dists": [kind for kind, _ in kinds],
        "bounds": [bounds for _, bounds in kinds],
    }
    if getattr(plan.design, "groups", {}):
        problem["groups"] = groups_of(plan)
    return problem


def groups_of(plan: Plan) -> list[str]:
    """Name the group that each parameter is in, which for one that is alone is its own path."""
    given = getattr(plan.design, "groups", {})
    groups = join_groups(given, list(plan.parameters_by_path.values()))
    home = {at: name for name, members in groups.items() for at in members}
    return [home[at] for at in range(len(home))]


def _kind_and_bounds(plan: Plan, parameter: Parameter) -> tuple[str, list[float]]:
    """Give the kind of a distribution by SALib's name, and its bounds in SALib's order."""
    match parameter.spread:
        case Distribution():
            return _of_distribution(parameter.path, parameter.spread)
        case Values(values=values):
            return "unif", _ends(as_column(values, parameter.kind))
        case None:
            assert isinstance(plan.design, TableDesign)
            return "unif", _ends(plan.table[parameter.path])
        case _:
            assert parameter.low is not None and parameter.high is not None
            return "unif", [parameter.low, parameter.high]


def _ends(column: Column) -> list[float]:
    numbers = _numbers(column)
    return [float(numbers.min()), float(numbers.max())]


def _of_distribution(path: str, given: Distribution) -> tuple[str, list[float]]:
    """Translate a distribution of scipy.stats to one of SALib's, of which there are seven."""
    stated = {"loc": 0.0, "scale": 1.0} | given.arguments
    loc, scale = stated["loc"], stated["scale"]
    match given.distribution:
        case "uniform":
            return "unif", [loc, loc + scale]
        case "loguniform" | "reciprocal" if loc == 0:
            return "logunif", [scale * stated["a"], scale * stated["b"]]
        case "norm":
            return "norm", [loc, scale]
        case "truncnorm":
            return "truncnorm", [loc + scale * stated["a"], loc + scale * stated["b"], loc, scale]
        case "lognorm" if loc == 0:
            return "lognorm", [float(np.log(scale)), stated["s"]]
        case "triang":
            return "triang", [loc, loc + scale, stated["c"]]
        case "weibull_min":
            return "weibull", [stated["c"], scale, loc]
    raise ScenarioError(
        f"{key_of(path)}.distribution = {given.distribution!r}: SALib has no such distribution; it has "
        "uniform, loguniform, norm, truncnorm, lognorm, triang and weibull_min"
    )
