"""Libraries that not everybody needs: loaded when used, and asked for in one clear line."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from partnersim.scenario.errors import MissingPackageError


def load_extra(module: str, extra: str) -> Any:
    """Load a library that comes with an extra of this package.

    Raises
    ------
    MissingPackageError
        If it is not installed; the message is the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # it is there, and something that it needs is not
        raise MissingPackageError(
            f'{module} is not installed; install it with: pip install "partnersim[{extra}]"'
        ) from None
