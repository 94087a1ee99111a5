"""Results of many runs, with their errors.

`Results` holds the replicates of one scenario, `Comparison` those of several arms under common
random numbers, shared replicate by replicate. Both know their Monte Carlo errors and whether the
replicates were enough; docs/measures.md defines every number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import partnersim
from partnersim.model.series import DETAIL
from partnersim.runs.codebook import describe, find_entry
from partnersim.runs.measures import (
    AXES,
    MEASURES,
    Detail,
    Floats,
    by_dyad,
    by_layer,
    by_organisation,
    combine_trust,
)
from partnersim.runs.provenance import VERSIONS
from partnersim.runs.statistics import Difference, Summary, compare_pairs, quantiles, summarise
from partnersim.runs.wording import plural
from partnersim.scenario.errors import InputError, check_name

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from partnersim.model.variants import Variant
    from partnersim.scenario.scenario import Scenario

NAMES_OF_AXES = {
    "ilj": ("trustor", "layer", "trustee"),
    "il": ("organisation", "layer"),
    "ij": ("organisation", "partner"),
    "i": ("organisation",),
}
"""Axes of detail, after replicate and month, as `partnersim.model.series.DETAIL` has them."""


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """The replicates of one scenario.

    Attributes
    ----------
    scenario, seed, first_replicate
        What was run: row r is replicate `first_replicate` + r of this seed.
    measures
        float64[replicates] by name; NaN is missing, or a milestone never reached.
    series
        float64[replicates, months + 1] by name, as far as they were kept.
    detail
        float64[replicates, months + 1, ...] by name, if asked for: trust by trustor, layer and
        trustee, and so on.
    variants
        Functions of one's own that were in its slots; none for the model as it is.
    """

    scenario: Scenario
    seed: int
    first_replicate: int
    measures: dict[str, Floats]
    series: dict[str, Floats]
    detail: dict[str, Floats] | None = None
    variants: tuple[Variant, ...] = ()

    @property
    def replicates(self) -> int:
        """Return the number of runs."""
        return len(self.measures["change_delivered"])

    @property
    def months(self) -> int:
        """Return the length of each run, in months."""
        return self.scenario.months

    @property
    def replicate_numbers(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the number of each row's replicate."""
        return np.arange(self.first_replicate, self.first_replicate + self.replicates)

    def summary(self) -> dict[str, Summary]:
        """Summarise each measure: mean, median, 5th and 95th percentile, and how sure they are."""
        return {
            name: summarise(values, MEASURES[name], self.months) for name, values in self.measures.items()
        }

    def quantiles(self, series_name: str, q: Sequence[float] | Floats) -> Floats:
        """Return quantiles over replicates of a series, month by month: float64[len(q), months + 1]."""
        check_name(series_name, self.series, "kept series")
        return quantiles(self.series[series_name], q)

    def by_layer(self, name: str) -> Floats:
        """Return means over members present, by layer: float64[replicates, months + 1, n_layers]."""
        return by_layer(self._detail_with_trust(name), name)

    def by_organisation(self, name: str, side: Literal["trustor", "trustee"] = "trustor") -> Floats:
        """Return means by organisation, as trustor or trustee: float64[replicates, months + 1, n]."""
        return by_organisation(self._detail_with_trust(name), name, side)

    def by_dyad(self, name: str) -> Floats:
        """Return the value for each pair, row to column: float64[replicates, months + 1, n, n]."""
        return by_dyad(self._detail_with_trust(name), name)

    def _detail_with_trust(self, name: str) -> Detail:
        if self.detail is None:
            raise InputError("detail was not kept; run with detail=True")
        check_name(name, AXES, "detail")
        return {**self.detail, "trust": combine_trust(self.detail)}

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON; missing and unreached numbers are None."""
        return {
            "scenario": self.scenario.title,
            "seed": self.seed,
            "first_replicate": self.first_replicate,
            "replicates": self.replicates,
            "months": self.months,
            **VERSIONS,
            **named_variants(self.variants),
            "measures": {name: summary.to_json() for name, summary in self.summary().items()},
        }

    def to_numpy(self) -> np.ndarray[Any, np.dtype[Any]]:
        """Return measures as a structured array, one row a replicate, with its number."""
        fields = [("replicate", np.int64), *((name, np.float64) for name in self.measures)]
        table = np.empty(self.replicates, dtype=fields)
        table["replicate"] = self.replicate_numbers
        for name, values in self.measures.items():
            table[name] = values
        return table

    def to_pandas(self) -> pd.DataFrame:
        """Return measures as a table, one row a replicate."""
        import pandas as pd

        return pd.DataFrame(self.measures, index=pd.Index(self.replicate_numbers, name="replicate"))

    def series_to_pandas(self) -> pd.DataFrame:
        """Return series as a table, one row a replicate and month."""
        import pandas as pd

        rows = pd.MultiIndex.from_product(
            [self.replicate_numbers, range(self.months + 1)], names=["replicate", "month"]
        )
        return pd.DataFrame({name: v.ravel() for name, v in self.series.items()}, index=rows)

    def to_xarray(self) -> xr.Dataset:
        """Return everything kept: measures by name, series as `series_...`, detail as `detail_...`.

        Each says what it means, its unit and its range.
        """
        import xarray as xr

        months = ("replicate", "month")
        variables: dict[str, Any] = {
            name: ("replicate", values, describe(find_entry(name))) for name, values in self.measures.items()
        }
        for name, values in self.series.items():
            described = describe(find_entry(name, is_series=True))
            variables[f"series_{name}"] = (months, values, described)
        axes = dict(DETAIL)
        for name, values in (self.detail or {}).items():
            unit = {"units": MEASURES[name].unit} if name in MEASURES else {}
            variables[f"detail_{name}"] = ((*months, *NAMES_OF_AXES[axes[name]]), values, unit)
        attributes = {
            "title": self.scenario.title,
            "seed": self.seed,
            **VERSIONS,
            **{key: json.dumps(value) for key, value in named_variants(self.variants).items()},
        }
        return xr.Dataset(variables, self._coordinates(), attributes)

    def _coordinates(self) -> dict[str, Any]:
        whole = np.dtype(np.int64)
        coordinates: dict[str, Any] = {"replicate": self.replicate_numbers}
        if self.series or self.detail:
            coordinates["month"] = np.arange(self.months + 1)
        coordinates = {
            name: (name, numbers, describe(find_entry(name), whole)) for name, numbers in coordinates.items()
        }
        if self.detail:
            names = self.scenario.organisation_names
            coordinates |= dict.fromkeys(("organisation", "partner", "trustor", "trustee"), names)
            coordinates["layer"] = ["board", "management", "front_line"]
        return coordinates

    def __repr__(self) -> str:
        title = self.scenario.title or "scenario"
        return (
            f"<Results of {title!r}: {plural(self.replicates, 'replicate')} of "
            f"{plural(self.months, 'month')}, seed {self.seed}{said_variants(self.variants)}>"
        )

    def _repr_html_(self) -> str:
        """Show a figure and a table, for notebooks."""
        return partnersim.as_html(self)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Several arms whose replicates share their random numbers, and the one they are compared with."""

    results: dict[str, Results]
    base: str

    def differences(self) -> dict[str, dict[str, Difference]]:
        """Compare each arm with the base, measure by measure over pairs."""
        base = self.results[self.base]
        return {
            arm: {
                name: compare_pairs(values, base.measures[name], MEASURES[name], base.months)
                for name, values in results.measures.items()
            }
            for arm, results in self.results.items()
            if arm != self.base
        }

    def to_json(self) -> dict[str, Any]:
        """Give what the command line prints as JSON; missing and unbounded numbers are None."""
        base = self.results[self.base]
        about = {key: value for key, value in base.to_json().items() if key != "measures"}
        return {
            **about,
            "base": self.base,
            **variants_by_arm(self.results),
            "arms": {arm: results.to_json()["measures"] for arm, results in self.results.items()},
            "differences": {
                arm: {name: difference.to_json() for name, difference in rows.items()}
                for arm, rows in self.differences().items()
            },
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return differences as a table, one row an arm and measure."""
        import pandas as pd

        rows = [
            {"arm": arm, "measure": name, **_flat(difference)}
            for arm, differences in self.differences().items()
            for name, difference in differences.items()
        ]
        columns = ["arm", "measure", *_flat_names()]
        return pd.DataFrame(rows, columns=columns).set_index(["arm", "measure"])

    def to_xarray(self) -> xr.Dataset:
        """Return everything kept, as `Results.to_xarray`, with the arms as a further dimension."""
        import pandas as pd
        import xarray as xr

        arms = pd.Index(list(self.results), name="arm")
        whole = xr.concat(
            [results.to_xarray() for results in self.results.values()],
            dim=arms,
            combine_attrs="drop_conflicts",
        ).assign_attrs(base=self.base)
        return whole.assign_attrs(
            {key: json.dumps(value) for key, value in variants_by_arm(self.results).items()}
        )

    def __repr__(self) -> str:
        arms = ", ".join(self.results)
        pairs = plural(self.results[self.base].replicates, "pair")
        return f"<Comparison of {arms} with {self.base!r}: {pairs}>"

    def _repr_html_(self) -> str:
        """Show a figure and a table for each arm, for notebooks."""
        return partnersim.as_html(self)


def named_variants(variants: Sequence[Variant]) -> dict[str, Any]:
    """Describe functions of one's own for a JSON document; give nothing where there are none."""
    named = {variant.name: variant.to_json() for variant in variants}
    return {"variants": named} if named else {}


def variants_by_arm(results: Mapping[str, Results]) -> dict[str, Any]:
    """Describe functions of one's own, arm by arm, for a JSON document; give nothing if no arm has any."""
    named = {
        arm: named_variants(of_arm.variants)["variants"] for arm, of_arm in results.items() if of_arm.variants
    }
    return {"variants": named} if named else {}


def said_variants(variants: Sequence[Variant]) -> str:
    """Name functions of one's own behind other words; nothing where there are none."""
    return "".join(f", {variant.name} by {variant}" for variant in variants)


def _flat(difference: Difference) -> dict[str, Any]:
    """Return the columns of a difference; an interval makes two."""
    columns: dict[str, Any] = {}
    for name, value in vars(difference).items():
        if isinstance(value, tuple):
            columns[f"{name}_low"], columns[f"{name}_high"] = value
        else:
            columns[name] = value
    return columns


def _flat_names() -> list[str]:
    nothing = (math.nan, math.nan)
    return list(_flat(Difference(0, nothing, 0, 0, 0, 0, nothing, False, None)))
