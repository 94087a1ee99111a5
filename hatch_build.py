"""Build the native library into a wheel: the model as machine code, so that first use compiles nothing."""

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TAGS = {
    "x86_64-linux-gnu.2.17": "manylinux_2_17_x86_64",
    "aarch64-linux-gnu.2.17": "manylinux_2_17_aarch64",
    "x86_64-macos": "macosx_13_0_x86_64",
    "aarch64-macos": "macosx_13_0_arm64",
    "x86_64-windows-gnu": "win_amd64",
}
"""Wheels' names of the computers that there is a library for, by the compiler's. For every other one the
wheel has none, and Numba compiles the model there at first use."""


class CustomBuildHook(BuildHookInterface):
    """Adds the library to a wheel, for this computer or the one that PARTNERSIM_BUILD_FOR names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the library, and name the wheel after the computers that it is for."""
        sys.path.insert(0, self.root)
        from partnersim.model.native.build import build, this_computer
        from partnersim.scenario.translate import PARAMETERS

        target = os.environ.get("PARTNERSIM_BUILD_FOR") or this_computer()
        if target not in TAGS:
            return
        for machine in (target, "wasm32-freestanding"):  # the latter is for the page that runs the model
            path = build(PARAMETERS, machine)
            build_data["artifacts"].append(path.relative_to(self.root).as_posix())
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS[target]}"
