"""Scenario: one partnership that is read, checked, changed and written."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from partnersim.scenario.consistency import MAX_COMPLAINTS, complaints
from partnersim.scenario.declarations import FORMAT, Partnership
from partnersim.scenario.errors import error_at
from partnersim.scenario.files import is_path, packaged_text, parse_toml, read_text
from partnersim.scenario.messages import validate
from partnersim.scenario.paths import replace
from partnersim.scenario.writing import in_short, to_toml


class Scenario(Partnership):
    """One partnership, and everything that can be set about it."""

    @classmethod
    def load(cls, source: Scenario | str | Path) -> Self:
        """Read a packaged scenario by its name, or a scenario file by its path; one that is read is kept.

        Raises
        ------
        partnersim.ScenarioError
            One clear message with file, key, value and what would be right.
        """
        if isinstance(source, cls):
            return source
        if isinstance(source, str) and not is_path(source):
            return cls.loads(packaged_text(source), where=source)
        return cls.loads(read_text(Path(str(source))), where=str(source))

    @classmethod
    def loads(cls, text: str, where: str = "<text>") -> Self:
        """Read a scenario from the text of a file; `where` names the text in messages."""
        data = parse_toml(text, where)
        if not data:
            raise error_at(where, ["is empty; a scenario needs [[organisations]] or a [drawn] table"])
        version = data.get("format")
        if type(version) is int and version > FORMAT:
            newer = f"format = {version}: needs a newer partnersim; this one reads format {FORMAT}"
            raise error_at(where, [newer])
        return validate(cls, data, where)

    def replace(self, changes: dict[str, Any] | None = None, /, **keywords: Any) -> Self:
        """Return the same scenario with some things changed, checked anew.

        Parameters
        ----------
        changes
            Dotted path to value, such as ``{"ways_of_working.delegated_authority": 0.8}``;
            members of a list are named: ``"organisations.council.planning_horizon"``.
        keywords
            The same for paths without a dot, such as ``months=60``.
        """
        return replace(self, {**(changes or {}), **keywords})

    def to_toml(self) -> str:
        """Write the scenario as the text of a TOML file; reading it gives an equal scenario."""
        return to_toml(self)

    def __repr__(self) -> str:
        return f"<Scenario {self.title!r}: {in_short(self)}>"

    __str__ = __repr__

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = list(islice(complaints(self), MAX_COMPLAINTS))
        if found:
            raise ValueError("\n".join(found))
        return self
