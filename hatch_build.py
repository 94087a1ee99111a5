"""Build what a wheel has besides the package: the model as machine code, its description, accepted points."""

import os
import subprocess
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

SHIPPED = ("docs/odd.md", "docs/references.bib", "experiments/tuning/accepted.csv")
"""What stands elsewhere in the repository and is read by the package: see `scenario.files.shipped`."""


class CustomBuildHook(BuildHookInterface):
    """Adds the library to a wheel, for this computer or the one that PARTNERSIM_BUILD_FOR names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add what stands elsewhere, and build the library; name the wheel after its computers.

        Where it cannot be built, and was not asked for, the wheel has none.
        """
        if version != "editable":  # there it is found where it is
            for source in SHIPPED:
                build_data["force_include"][os.path.join(self.root, source)] = f"partnersim/{source}"
        sys.path.insert(0, self.root)
        from partnersim.model.native.build import build, this_computer
        from partnersim.scenario.translate import PARAMETERS

        target = os.environ.get("PARTNERSIM_BUILD_FOR") or this_computer()
        if target not in TAGS:
            return
        try:  # the latter is for the page that runs the model
            paths = [build(PARAMETERS, machine) for machine in (target, "wasm32-freestanding")]
        except (OSError, subprocess.CalledProcessError) as error:
            if "PARTNERSIM_BUILD_FOR" in os.environ:
                raise
            self.app.display_warning(f"No native library ({error}): Numba compiles the model at first use.")
            return
        build_data["artifacts"] += [path.relative_to(self.root).as_posix() for path in paths]
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS[target]}"
