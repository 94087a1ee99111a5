"""Chunks: the runs that belong together in one file, and those that are still to be done.

A run is a point of the design and a replicate (in all arms). A chunk is a block of replicates of
some points: a rectangle, or several with the same replicates. It is named by what it holds and
not by a number, so the names of the files on disk say what has been done, whoever cut it.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from partnersim.scenario.files import parse_json

Range = tuple[int, int]
"""A range of whole numbers: from the first up to and without the second."""


@dataclass(frozen=True)
class Chunk:
    """Some replicates of some points, in all arms: the contents of one file.

    Ranges of points are in order, and none touches the next; all have the same replicates.
    """

    points: tuple[Range, ...]
    replicates: Range

    @property
    def n_points(self) -> int:
        """Number of points."""
        return sum(end - begin for begin, end in self.points)

    @property
    def n_replicates(self) -> int:
        """Number of replicates of each point."""
        return self.replicates[1] - self.replicates[0]

    def n_runs(self, n_arms: int) -> int:
        """Count its runs, in all arms."""
        return self.n_points * self.n_replicates * n_arms

    @property
    def file_name(self) -> str:
        """Name of its file: half-open ranges, and a hash of the points where some between are left out.

        Digits are filled up so that a sorted listing is in the order in which chunks are run.
        """
        (first, last), (begin, end) = self.replicates, (self.points[0][0], self.points[-1][1])
        name = f"replicates-{first:07d}-{last:07d}_points-{begin:010d}-{end:010d}"
        if len(self.points) > 1:
            mark = hashlib.sha256(self.to_json().encode()).hexdigest()[:8]
            name += f"_only-{self.n_points}-{mark}"
        return f"{name}.parquet"

    def to_json(self) -> str:
        """Write the chunk as it stands in a file's footer."""
        return json.dumps({"points": self.points, "replicates": self.replicates})

    @classmethod
    def from_json(cls, text: bytes) -> Chunk:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            If it is anything else.
        """
        try:
            data = parse_json(text, "", "chunk")
            first, last = data["replicates"]
            points = tuple((int(begin), int(end)) for begin, end in data["points"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"no chunk: {error}") from None
        if not points:
            raise ValueError("no chunk: it has no points")
        return cls(points, (int(first), int(last)))


class Coverage:
    """Runs that are done, as rectangles of points and replicates that do not overlap."""

    def __init__(self) -> None:
        self._by_replicates: dict[Range, list[Range]] = {}

    def add(self, chunk: Chunk) -> bool:
        """Add a chunk, unless it overlaps what is there; returns whether it was added."""
        if sum(part.n_runs(1) for part in self.missing(chunk)) < chunk.n_runs(1):
            return False
        ranges = self._by_replicates.setdefault(chunk.replicates, [])
        for part in chunk.points:
            ranges.insert(bisect_left(ranges, part), part)
        return True

    def n_runs(self, n_arms: int) -> int:
        """Count the runs that are done, in all arms."""
        done = (Chunk(tuple(points), replicates) for replicates, points in self._by_replicates.items())
        return sum(chunk.n_runs(n_arms) for chunk in done)

    def missing(self, chunk: Chunk) -> Iterator[Chunk]:
        """Cut what is done out of a chunk."""
        first, last = chunk.replicates
        near = [r for r in self._by_replicates if _touch(r, chunk.replicates)]
        inner = {edge for replicates in near for edge in replicates if first < edge < last}
        edges = [first, *sorted(inner), last]
        for strip in pairwise(edges):
            points: Sequence[Range] = chunk.points
            for replicates in near:
                if _touch(replicates, strip):
                    points = list(_subtract(points, self._by_replicates[replicates]))
            if points:
                yield Chunk(tuple(points), strip)


@dataclass(frozen=True)
class Grid:
    """The grid by which the runs of a sweep are cut: the same for all who work on it at the same time.

    All points have a block of replicates before any has more.
    """

    points_per_chunk: int
    replicates_per_block: int

    def chunks(self, points: Sequence[Range], first: int, last: int) -> Iterator[Chunk]:
        """Cut replicates `first` to `last` of some points: block by block, then by points."""
        for begin in range(first, last, self.replicates_per_block):
            block = (begin, min(begin + self.replicates_per_block, last))
            for part in cut(points, self.points_per_chunk):
                yield Chunk(part, block)


def to_ranges(numbers: Iterable[int]) -> list[Range]:
    """Write increasing numbers as ranges."""
    ranges: list[Range] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number:
            ranges[-1] = (ranges[-1][0], number + 1)
        else:
            ranges.append((number, number + 1))
    return ranges


def _touch(one: Range, other: Range) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _subtract(points: Iterable[Range], done: Sequence[Range]) -> Iterator[Range]:
    """Cut ordered ranges out of ordered ranges."""
    for begin, end in points:
        at = bisect_right(done, begin, key=lambda known: known[1])
        while at < len(done) and done[at][0] < end:
            if begin < done[at][0]:
                yield begin, done[at][0]
            begin = done[at][1]
            at += 1
        if begin < end:
            yield begin, end


def cut(points: Iterable[Range], size: int) -> Iterator[tuple[Range, ...]]:
    """Cut ranges into parts of so many numbers; the last may have fewer."""
    part: list[Range] = []
    room = size
    for begin, end in points:
        while begin < end:
            stop = min(end, begin + room)
            part.append((begin, stop))
            room -= stop - begin
            begin = stop
            if room == 0:
                yield tuple(part)
                part, room = [], size
    if part:
        yield tuple(part)
