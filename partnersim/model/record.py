"""Records: many named arrays at one address."""

from typing import cast

import numpy as np


def new_record(dtype: np.dtype) -> np.record:
    """A record of zeros whose fields are attributes, as compiled code has them."""
    return np.zeros(1, dtype).view(np.recarray)[0]


def array_of(record: np.record) -> np.recarray:
    """The array of one that a record made by `new_record` stands in."""
    return cast("np.recarray", record.base)
