"""Figures small enough to be kept with the results."""

from __future__ import annotations

from pathlib import Path

from partnersim.figures import Picture


def save_picture(picture: Picture, file: Path) -> None:
    """Write a picture as PNG, as small as it goes; its numbers are in the results."""
    picture.figure.savefig(
        file, metadata={"Title": picture.title}, pil_kwargs={"compress_level": 9, "optimize": True}
    )
