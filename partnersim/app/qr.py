"""Draw text as a QR code."""

from __future__ import annotations

from functools import lru_cache

import segno


@lru_cache(maxsize=64)
def qr(text: str, error: str = "m") -> str:
    """Draw text as a QR code: inline SVG; empty where it is more than one holds.

    `error` says how much of it may be dirty: `l` a fourteenth, `m` a seventh.
    """
    try:
        drawn = segno.make(text, error=error, micro=False, encoding="utf-8", eci=False)
    except segno.DataOverflowError:
        return ""
    return str(drawn.svg_inline(border=2, omitsize=True, dark="#0B0C0C", light="#FFFFFF"))
