"""Write the rules in C: each function of the model, once for each kinds of arguments it is called with.

The rules keep to a small language: numbers, fixed arrays, records, loops over a range, conditions and
calls. Written for lanes, several replicates are computed side by side, one in each lane of a vector. A
number that may differ between them is then a vector, a condition on such numbers a mask of the lanes
in which it holds, and what happens under a condition is kept where its mask is set. Written for one,
nothing differs and all is plain C. It is the same walk: only the kinds of the first arguments differ.

What the walk does not understand it refuses, with file and line.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

BASES = {"f8": "f64", "i8": "i64", "u8": "u64", "b1": "bool"}
"""C's names of the types that records and rules have."""

RANK = ("bool", "i64", "f64")
"""Types of which the later holds all numbers of the earlier."""


class RefusedError(Exception):
    """The rules say something that the small language has no word for."""


class Number(NamedTuple):
    """One number; or, with lanes, one in each lane. Of type bool it is a condition, or a mask."""

    base: str
    lanes: bool = False

    @property
    def c(self) -> str:
        """Return C's name of the type."""
        return f"v{self.base}" if self.lanes else self.base


class Array(NamedTuple):
    """A fixed array in a record."""

    base: str
    dims: tuple[int, ...]
    lanes: bool = False

    @property
    def c(self) -> str:
        """Return C's name of the type of an element."""
        return Number(self.base, self.lanes).c


class Record(NamedTuple):
    """A record of numbers, arrays and records, by the name of its type in C.

    With lanes each of its numbers is a vector, but for those that are the same in all lanes: what is
    named in `common`, of `common` bases too.
    """

    name: str
    dtype: np.dtype
    lanes: bool = False
    common: frozenset[str] = frozenset()

    def kind_of(self, field: str) -> Number | Array | Record:
        """Return the kind of a field."""
        dtype = self.dtype.fields[field][0]  # type: ignore[index]
        if dtype.names:
            return self._replace(dtype=dtype)
        base = BASES[dtype.base.str[1:]]
        lanes = self.lanes and not {field, base} & self.common
        if dtype.shape:
            return Array(base, dtype.shape, lanes)
        return Number(base, lanes)


class Records(NamedTuple):
    """An array of one record."""

    of: Record


class Table(NamedTuple):
    """An array of Python's of three axes; each lane writes into rows of its own."""

    lanes: bool


class Row(NamedTuple):
    """One row of a table."""

    lanes: bool


class Known(NamedTuple):
    """What is known before anything runs: a constant, a module, a function."""

    value: Any


Kind = Number | Array | Record | Records | Table | Row | Known


class Value(NamedTuple):
    """An expression in C and what kind of thing it is."""

    code: str
    kind: Any


class Element(NamedTuple):
    """A place that holds a number: an expression or, if lanes have places of their own, where these are."""

    kind: Number
    code: str = ""
    start: str = ""
    places: str = ""


class Written(NamedTuple):
    """A function as it was written: its name in C, and what it returns."""

    name: str
    returns: Number | None


def python_of(function: Any) -> Any:
    """Return the Python function behind one of the model."""
    return getattr(function, "py_func", function)


def literal(value: Any) -> Value:
    """Write a constant."""
    if isinstance(value, bool | np.bool_):
        return Value(str(bool(value)).lower(), Number("bool"))
    if isinstance(value, np.uint64):
        return Value(f"{int(value)}ULL", Number("u64"))
    if isinstance(value, int | np.int64):
        return Value(f"{int(value)}LL" if value >= 0 else f"({int(value)}LL)", Number("i64"))
    return Value(repr(float(value)) if value >= 0 else f"({float(value)!r})", Number("f64"))


def joined(one: Number | None, other: Number) -> Number:
    """Return the kind of number that can hold both."""
    if one is None or one == other:
        return other
    lanes = one.lanes or other.lanes
    if one.base == other.base:
        return Number(one.base, lanes)
    if "u64" in (one.base, other.base):
        raise TypeError("whole numbers with and without a sign cannot be mixed")
    return Number(RANK[max(RANK.index(one.base), RANK.index(other.base))], lanes)


def converted(value: Value, kind: Number) -> str:
    """Write a number as one of another kind."""
    code, (base, lanes) = value
    if kind.base != base:
        if lanes:
            code = f"__builtin_convertvector({code}, {Number(kind.base, True).c})"
        else:
            code = f"(({kind.base})({code}))"
    if kind.lanes and not lanes:
        code = f"((vbool)(-(i64)({code})))" if kind.base == "bool" else f"(({kind.c})({code}))"
    return code


class Program:
    """The functions written so far, the callee before the caller."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._written: dict[Any, Written] = {}

    def write(self, function: Any, kinds: Sequence[Kind], is_masked: bool = False) -> Written:
        """Write a function for these kinds of arguments, unless it is written; with a mask, for the
        lanes that call it."""
        python = python_of(function)
        key = (python, *[id(kind.value) if isinstance(kind, Known) else kind for kind in kinds], is_masked)
        if key not in self._written:
            name = f"{python.__module__.rpartition('.')[2]}_{python.__name__}_{len(self._written)}"
            writer = Writer(self, python, kinds, is_masked)
            returns = writer.settle()
            self.texts.append(writer.text(name))
            self._written[key] = Written(name, returns)
        return self._written[key]


class Loop(NamedTuple):
    """A loop around what is written, the number of masks there were at its body, and its variable."""

    depth: int
    key: ast.AST
    variable: str


class Writer:
    """Writes one function.

    Which variables are vectors shows only at the end: one may be assigned under a condition on
    lanes below. So a function is written again until nothing changes.
    """

    def __init__(self, program: Program, function: FunctionType, kinds: Sequence[Kind], is_masked: bool):
        self.program, self.function, self.is_masked = program, function, is_masked
        source = getattr(function, "source", None) or textwrap.dedent(inspect.getsource(function))
        self.definition = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
        self.parameters = [argument.arg for argument in self.definition.args.args]
        self.kinds: dict[str, Kind] = dict(zip(self.parameters, kinds, strict=True))
        self.known = known_to(function)
        self.homes = homes_of(self.definition)
        self.own_names = {*self.parameters, *assigned_in(self.definition)}
        self.variables: set[str] = set()
        self.returns: Number | None = None
        self.own_masks: set[ast.AST] = set()  # functions and loops that some lanes leave before others
        self.has_changed = False

    def settle(self) -> Number | None:
        """Write until kinds no longer change; return the kind of what the function returns."""
        while True:
            self.has_changed = False
            self.lines: list[str] = []
            self.indent, self.n_names = 1, 0
            self.masks: list[str] = ["mask" if self.is_masked else ""]
            self.loops: list[Loop] = []
            self.blocks: list[int] = []
            if self.definition in self.own_masks:
                self.put(f"vbool here = {self.masks[0] or 'ALL'};")
                self.masks = ["here"]
            self.block(self.definition.body)
            if not self.has_changed:
                return self.returns

    def text(self, name: str) -> str:
        """Return the function in C."""
        given = [
            declared(kind, f"{parameter}_")
            for parameter, kind in self.kinds.items()
            if parameter in self.parameters and not isinstance(kind, Known)
        ] + ["vbool mask"] * self.is_masked
        returns = self.returns.c if self.returns else "void"
        variables = [
            f"    {declared(kind, f'{variable}_')} = {{0}};"
            for variable, kind in self.kinds.items()
            if variable in self.variables
        ]
        ending = []
        if self.returns and self.definition in self.own_masks:
            variables.append(f"    {self.returns.c} result = {{0}};")
            ending = ["    return result;"]
        head = f"static inline {returns} {name}({', '.join(given)}) {{"
        return "\n".join([head, *variables, *self.lines, *ending, "}\n"])

    # --- Lines, masks and names ------------------------------------------------------------------

    def put(self, line: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.indent + line)

    def new_name(self, what: str) -> str:
        """Return a name that no variable has."""
        self.n_names += 1
        return f"{what}{self.n_names}"

    def refuse(self, node: ast.AST, what: str) -> RefusedError:
        """Return the error that says where the rules say what cannot be written."""
        line = self.function.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        return RefusedError(f"{self.function.__code__.co_filename}:{line}: {what}")

    @property
    def mask(self) -> str:
        """Return the mask of what is written now; empty where all lanes take part."""
        return self.masks[-1]

    def within(self, condition: str) -> str:
        """Write the mask of the lanes that take part now and in which a condition holds."""
        return f"{self.mask} & {condition}" if self.mask else condition

    @contextmanager
    def braces(self, head: str, mask: str | None = None) -> Iterator[None]:
        """Write a block, for the lanes of a mask if one is given."""
        self.put(head + " {")
        self.indent += 1
        if mask is not None:
            self.masks.append(mask)
        yield
        if mask is not None:
            self.masks.pop()
        self.indent -= 1
        self.put("}")

    def need_mask(self, key: ast.AST) -> None:
        """Note that a function or loop keeps a mask of its own of the lanes that are still in it."""
        if key not in self.own_masks:
            self.own_masks.add(key)
            self.has_changed = True

    def leave(self, depth: int) -> None:
        """Take the lanes that leave out of all masks down to a depth."""
        for mask in self.masks[depth - 1 : -1]:
            if mask:  # else it will be there when all is written again
                self.put(f"{mask} &= ~{self.mask};")
        self.put(f"{self.mask} = NONE;")

    # --- Statements ------------------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Write statements."""
        self.blocks.append(id(statements[0]))
        for statement in statements:
            write = getattr(self, f"write_{type(statement).__name__.lower()}", None)
            if write is None:
                raise self.refuse(statement, f"no {type(statement).__name__} can be written")
            try:
                write(statement)
            except TypeError as error:
                raise self.refuse(statement, str(error)) from error
        self.blocks.pop()

    def write_expr(self, node: ast.Expr) -> None:
        """Write a call; leave out a docstring."""
        if not isinstance(node.value, ast.Constant):
            self.put(f"{self.expression(node.value).code};")

    def write_assign(self, node: ast.Assign) -> None:
        """Write an assignment to one target, to each of several, or of several values at once."""
        (first, *more) = node.targets
        if isinstance(first, ast.Tuple):
            if more or not isinstance(node.value, ast.Tuple) or len(first.elts) != len(node.value.elts):
                raise self.refuse(node, "values and names must be written out in equal number")
            values = [self.kept(self.expression(value)) for value in node.value.elts]
            for target, value in zip(first.elts, values, strict=True):
                self.assign(target, value)
            return
        value = self.expression(node.value)
        if more:
            value = self.kept(value)
        for target in node.targets:
            self.assign(target, value)

    def write_augassign(self, node: ast.AugAssign) -> None:
        """Write a change of what a target holds."""
        value = self.binary(node, node.op, self.expression(node.target), self.expression(node.value))
        self.assign(node.target, value)

    def kept(self, value: Value) -> Value:
        """Keep a number, so that it is worked out once and before anything changes."""
        if not isinstance(value.kind, Number):
            return value
        name = self.new_name("value")
        self.put(f"const {value.kind.c} {name} = {value.code};")
        return Value(name, value.kind)

    def assign(self, target: ast.expr, value: Value) -> None:
        """Assign to a variable or to an element of an array."""
        if isinstance(target, ast.Name):
            self.assign_variable(target, value)
        elif isinstance(target, ast.Subscript):
            self.store(target, self.element(target), value)
        else:
            raise self.refuse(target, "only a variable or an element of an array can be assigned to")

    def assign_variable(self, target: ast.Name, value: Value) -> None:
        """Assign to a variable: in the lanes of the mask, unless no other lane will look at it."""
        name, mask = target.id, self.mask
        if len(self.masks) == 1 or self.homes.get(name) == self.blocks[-1]:
            mask = ""
        if isinstance(value.kind, Known):
            raise self.refuse(target, "a function or module cannot be kept in a variable")
        kind = value.kind
        if isinstance(kind, Number):
            before = self.kinds.get(name)
            kind = joined(before if isinstance(before, Number) else None, kind)
            kind = Number(kind.base, kind.lanes or bool(mask))
            value = Value(converted(value, kind), kind)
        is_given = name in self.parameters
        if any(name == loop.variable for loop in self.loops) or (is_given and self.kinds[name] != kind):
            raise self.refuse(target, f"{name} cannot be assigned to here")
        if not is_given:
            self.variables.add(name)
        if self.kinds.get(name) != kind:
            self.kinds[name] = kind
            self.has_changed = True
        self.put(f"{name}_ = {chosen(mask, value.code, f'{name}_')};")

    def store(self, node: ast.AST, element: Element, value: Value) -> None:
        """Store a number in an element, in the lanes of the mask."""
        code = converted(value, element.kind)
        if element.places:
            places = f"{element.start}, {element.places}, {self.mask or 'ALL'}"
            self.put(f"scatter_{element.kind.base}({places}, {code});")
        elif element.kind.lanes:
            self.put(f"{element.code} = {chosen(self.mask, code, element.code)};")
        elif self.mask or value.kind.lanes:
            raise self.refuse(node, "lanes would give one place different numbers")
        else:
            self.put(f"{element.code} = {code};")

    def write_if(self, node: ast.If) -> None:
        """Write a condition: a branch where it is the same in all lanes, else masks."""
        test = self.condition(node.test)
        if not test.kind.lanes:
            with self.braces(f"if ({test.code})"):
                self.block(node.body)
            if node.orelse:
                with self.braces("else"):
                    self.block(node.orelse)
            return
        holds = self.kept(test).code
        branches = [(self.new_name("mask"), holds, node.body)]
        if node.orelse:
            branches.append((self.new_name("mask"), f"~{holds}", node.orelse))
        for mask, condition, _ in branches:
            self.put(f"vbool {mask} = {self.within(condition)};")
        for mask, _, body in branches:
            with self.braces(f"if (any({mask}))", mask):
                self.block(body)
        # Where all lanes have left there is nothing more to do.
        if any(isinstance(inner, ast.Continue | ast.Return) for inner in ast.walk(node)) and self.mask:
            if self.loops and len(self.masks) == self.loops[-1].depth:
                self.put(f"if (!any({self.mask})) continue;")
            elif len(self.masks) == 1 and self.mask == "here":
                self.put(f"if (!any(here)) return{' result' if self.returns else ''};")

    def write_return(self, node: ast.Return) -> None:
        """Write a return, for the lanes of the mask."""
        value = self.expression(node.value) if node.value else None
        if value:
            if not isinstance(value.kind, Number):
                raise self.refuse(node, "only a number can be returned")
            returns = joined(self.returns, Number(value.kind.base, value.kind.lanes or len(self.masks) > 1))
            if returns != self.returns:
                self.returns, self.has_changed = returns, True
            value = Value(converted(value, returns), returns)
        if len(self.masks) == 1:
            before = "here" if self.definition in self.own_masks else ""
            self.put(f"return {chosen(before, value.code, 'result')};" if value else "return;")
            return
        self.need_mask(self.definition)
        if value:
            self.put(f"result = {chosen(self.mask, value.code, 'result')};")
        self.leave(1)

    def write_continue(self, node: ast.Continue) -> None:
        """Write that lanes of the mask go on with the next turn of the loop."""
        if not self.loops:
            raise self.refuse(node, "a loop over written-out values has no continue")
        loop = self.loops[-1]
        if len(self.masks) == loop.depth:
            self.put("continue;")
        else:
            self.need_mask(loop.key)
            self.leave(loop.depth)

    def write_for(self, node: ast.For) -> None:
        """Write a loop over a range, or over values that are written out."""
        if node.orelse:
            raise self.refuse(node, "a loop has no else")
        if isinstance(node.iter, ast.Tuple):
            loops, self.loops = self.loops, []
            for value in node.iter.elts:
                self.write_assign(ast.copy_location(ast.Assign([node.target], value), node))
                self.block(node.body)
            self.loops = loops
            return
        is_range = isinstance(node.iter, ast.Call) and isinstance(node.target, ast.Name)
        if not is_range or getattr(node.iter.func, "id", "") != "range":  # type: ignore[attr-defined]
            raise self.refuse(node, "a loop goes over a range or over values that are written out")
        ends = [self.expression(end) for end in node.iter.args]  # type: ignore[attr-defined]
        start, stop = (literal(0), ends[0]) if len(ends) == 1 else (ends[0], ends[1])
        step = int(self.constant(node.iter.args[2])) if len(ends) == 3 else 1  # type: ignore[attr-defined]
        if any(end.kind.base != "i64" for end in ends) or start.kind.lanes:
            raise self.refuse(node, "a range begins at a whole number, the same in all lanes")
        name = node.target.id  # type: ignore[attr-defined]
        if self.kinds.setdefault(name, Number("i64")) != Number("i64"):
            raise self.refuse(node, f"{name} is something else elsewhere")
        stop = self.kept(stop)
        sign = "<" if step > 0 else ">"
        going_on = "" if stop.kind.lanes else f"{name}_ {sign} {stop.code}"
        with self.braces(f"for (i64 {name}_ = {start.code}; {going_on}; {name}_ += {step})"):
            outer, n_before = self.mask, len(self.masks)
            if stop.kind.lanes:
                self.masks.append(self.new_name("mask"))
                still = f"(vbool)(({stop.kind.c})({name}_) {sign} {stop.code})"
                self.put(f"vbool {self.mask} = {f'{outer} & ' if outer else ''}{still};")
                self.put(f"if (!any({self.mask})) break;")
            elif node in self.own_masks:
                self.masks.append(self.new_name("mask"))
                self.put(f"vbool {self.mask} = {outer or 'ALL'};")
            self.loops.append(Loop(len(self.masks), node, name))
            self.block(node.body)
            self.loops.pop()
            del self.masks[n_before:]

    # --- Expressions -----------------------------------------------------------------------------

    def constant(self, node: ast.expr) -> Any:
        """Work out what is known before anything runs; raise LookupError for anything else."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and (inner.id in self.own_names or inner.id not in self.known):
                raise LookupError
            if isinstance(inner, ast.Call) and getattr(inner.func, "id", "") != "len":
                raise LookupError
        value = eval(compile(ast.Expression(node), "constant", "eval"), {}, self.known)
        if isinstance(value, np.ndarray | list | dict):
            raise LookupError
        return value

    def expression(self, node: ast.expr) -> Value:
        """Write an expression."""
        try:
            value = self.constant(node)
        except LookupError:
            write = getattr(self, f"of_{type(node).__name__.lower()}", None)
            if write is None:
                raise self.refuse(node, f"no {type(node).__name__} can be written") from None
            written: Value = write(node)
            return written
        if isinstance(value, bool | int | float | np.number | np.bool_):
            return literal(value)
        return Value("", Known(value))

    def condition(self, node: ast.expr) -> Value:
        """Write an expression that holds or does not."""
        value = self.expression(node)
        if not isinstance(value.kind, Number) or value.kind.base != "bool":
            raise self.refuse(node, "a condition is a comparison, a switch, or made of these")
        return value

    def number(self, node: ast.expr) -> Value:
        """Write an expression that is a number."""
        value = self.expression(node)
        if not isinstance(value.kind, Number):
            raise self.refuse(node, "must be a number")
        return value

    def where(self, condition: str, write: Callable[[], Value]) -> Value:
        """Write an expression that is looked at only where a condition on lanes holds."""
        mask, at = self.new_name("mask"), len(self.lines)
        holds = self.within(condition)
        self.masks.append(mask)
        value = write()
        self.masks.pop()
        if any(mask in text for text in (*self.lines[at:], value.code)):
            self.lines.insert(at, "    " * self.indent + f"const vbool {mask} = {holds};")
        return value

    def of_name(self, node: ast.Name) -> Value:
        """Write a variable."""
        kind = self.kinds.get(node.id)
        if kind is None:
            raise self.refuse(node, f"{node.id} is not known here")
        return Value(f"{node.id}_", kind)

    def of_attribute(self, node: ast.Attribute) -> Value:
        """Write a field of a record."""
        of = self.expression(node.value)
        if not isinstance(of.kind, Record) or node.attr not in (of.kind.dtype.names or ()):
            raise self.refuse(node, f"there is no {node.attr} here")
        return Value(f"{of.code}{'.' if '->' in of.code else '->'}{node.attr}", of.kind.kind_of(node.attr))

    def of_subscript(self, node: ast.Subscript) -> Value:
        """Write an element or a row of an array, or the length of one of its axes."""
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            of, axis = self.expression(node.value.value), int(self.constant(node.slice))
            if isinstance(of.kind, Array):
                return literal(of.kind.dims[axis])
            return Value(f"{of.code}.shape[{axis}]", Number("i64"))
        of = self.expression(node.value)
        if isinstance(of.kind, Records):
            return Value(of.code, of.kind.of)
        indices = self.indices(node)
        if isinstance(of.kind, Table):
            i, j = (index.code for index in indices)
            return Value(f"row_of({of.code}, {i}, {j})", Row(of.kind.lanes))
        if isinstance(of.kind, Array) and len(indices) < len(of.kind.dims):
            if any(index.kind.lanes for index in indices):
                raise self.refuse(node, "lanes cannot take a row of their own")
            code = of.code + "".join(f"[{index.code}]" for index in indices)
            return Value(code, of.kind._replace(dims=of.kind.dims[len(indices) :]))
        return self.load(self.element(node))

    def indices(self, node: ast.Subscript) -> list[Value]:
        """Write what stands between brackets: whole numbers."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        indices = [self.number(part) for part in parts]
        if any(index.kind.base != "i64" for index in indices):
            raise self.refuse(node, "an index is a whole number")
        return indices

    def element(self, node: ast.Subscript) -> Element:
        """Find an element of an array or of a row."""
        of, indices = self.expression(node.value), self.indices(node)
        if isinstance(of.kind, Row):
            (index,) = indices
            if of.kind.lanes:
                place = f"LANE * {of.code}.lane + {index.code}"
                return Element(Number("f64", True), start=f"{of.code}.at", places=place)
            return Element(Number("f64"), f"{of.code}.at[{index.code}]")
        if not isinstance(of.kind, Array) or len(indices) != len(of.kind.dims):
            raise self.refuse(node, "only an array, given all indices, has elements")
        base, dims, lanes = of.kind
        differ = any(index.kind.lanes for index in indices)
        kind = Number(base, lanes or differ)
        if not differ:
            return Element(kind, of.code + "".join(f"[{index.code}]" for index in indices))
        flat = indices[0].code
        for size, index in zip(dims[1:], indices[1:], strict=True):
            flat = f"(({flat}) * {size} + {index.code})"
        place = f"({flat}) * LANES + LANE" if lanes else flat
        return Element(kind, start=f"({base} *){of.code}", places=place)

    def load(self, element: Element) -> Value:
        """Read an element."""
        if not element.places:
            return Value(element.code, element.kind)
        mask = self.mask or "ALL"
        return Value(f"gather_{element.kind.base}({element.start}, {element.places}, {mask})", element.kind)

    def of_binop(self, node: ast.BinOp) -> Value:
        """Write arithmetic."""
        return self.binary(node, node.op, self.number(node.left), self.number(node.right))

    def binary(self, node: ast.AST, op: ast.operator, left: Value, right: Value) -> Value:
        """Write arithmetic of two numbers."""
        kind = joined(left.kind, right.kind)
        if isinstance(op, ast.Div):
            kind = Number("f64", kind.lanes)
        a, b = converted(left, kind), converted(right, kind)
        if isinstance(op, ast.FloorDiv | ast.Mod) and kind.base == "i64":
            return Value(f"{'modulo' if isinstance(op, ast.Mod) else 'quotient'}_{kind.c}({a}, {b})", kind)
        sign = SIGNS.get(type(op))
        if sign is None or kind.base == "bool" or (kind.base == "f64" and sign not in "+-*/"):
            raise self.refuse(node, f"no {type(op).__name__} of {kind.base}")
        return Value(f"({a} {sign} {b})", kind)

    def of_unaryop(self, node: ast.UnaryOp) -> Value:
        """Write a minus or a not."""
        if isinstance(node.op, ast.Not):
            value = self.condition(node.operand)
            return Value(f"({'~' if value.kind.lanes else '!'}{value.code})", value.kind)
        value = self.number(node.operand)
        if not isinstance(node.op, ast.USub):
            raise self.refuse(node, f"no {type(node.op).__name__} can be written")
        return Value(f"(-{value.code})", value.kind)

    def of_boolop(self, node: ast.BoolOp) -> Value:
        """Write `and` or `or`: what stands right is looked at only where what stands left leaves it open."""
        is_and = isinstance(node.op, ast.And)
        value = self.condition(node.values[0])
        for operand in node.values[1:]:
            if value.kind.lanes:
                value = self.kept(value)
                opened = value.code if is_and else f"~{value.code}"
                right = self.where(opened, lambda operand=operand: self.condition(operand))  # type: ignore[misc]
            else:
                right = self.condition(operand)
            kind = joined(value.kind, right.kind)
            sign = ("&" if is_and else "|") * (1 if kind.lanes else 2)
            value = Value(f"({converted(value, kind)} {sign} {converted(right, kind)})", kind)
        return value

    def of_compare(self, node: ast.Compare) -> Value:
        """Write comparisons, each with the next; or whether a number is one of some."""
        parts, left = [], node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, ast.In) and isinstance(right, ast.Tuple):
                each = [ast.Compare(left, [ast.Eq()], [value]) for value in right.elts]
                parts.append(self.of_boolop(ast.BoolOp(ast.Or(), [ast.copy_location(e, node) for e in each])))
                continue
            if type(op) not in COMPARISONS:
                raise self.refuse(node, f"no {type(op).__name__} can be written")
            a, b = self.number(left), self.number(right)
            kind = joined(a.kind, b.kind)
            code = f"({converted(a, kind)} {COMPARISONS[type(op)]} {converted(b, kind)})"
            parts.append(Value(code, Number("bool", kind.lanes)))
            left = right
        value = parts[0]
        for part in parts[1:]:
            kind = joined(value.kind, part.kind)
            sign = "&" if kind.lanes else "&&"
            value = Value(f"({converted(value, kind)} {sign} {converted(part, kind)})", kind)
        return value

    def of_ifexp(self, node: ast.IfExp) -> Value:
        """Write one expression or another, by a condition."""
        test = self.condition(node.test)
        if test.kind.lanes:
            test = self.kept(test)
            one = self.where(test.code, lambda: self.number(node.body))
            other = self.where(f"~{test.code}", lambda: self.number(node.orelse))
        else:
            one, other = self.number(node.body), self.number(node.orelse)
        kind = joined(one.kind, other.kind)
        kind = Number(kind.base, kind.lanes or test.kind.lanes)
        return Value(f"({test.code} ? {converted(one, kind)} : {converted(other, kind)})", kind)

    def of_call(self, node: ast.Call) -> Value:
        """Write a call of a rule, or of one of the few functions that C has too."""
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self.refuse(node, "arguments are given by position")
        if isinstance(node.func, ast.Attribute) and node.func.attr == "view":
            of = self.number(node.func.value)
            base = CASTS[self.constant(node.args[0])]
            name = "bits" if base == "i64" else "number"
            return Value(f"{name}_{of.kind.c}({of.code})", Number(base, of.kind.lanes))
        function = self.called(node.func)
        arguments = [self.expression(argument) for argument in node.args]
        if function in CASTS:
            (value,) = arguments
            kind = Number(CASTS[function], value.kind.lanes)
            return Value(converted(value, kind), kind)
        if function in BUILT_IN:
            (value,) = arguments
            kind = Number("f64", value.kind.lanes)
            return Value(f"{BUILT_IN[function]}({converted(value, kind)})", kind)
        if function in (min, max):
            name, value = "lower" if function is min else "higher", arguments[0]
            for other in arguments[1:]:
                kind = joined(value.kind, other.kind)
                value = Value(f"{name}_{kind.c}({converted(value, kind)}, {converted(other, kind)})", kind)
            return value
        python = python_of(function)
        if not isinstance(python, FunctionType):
            raise self.refuse(node, f"{function!r} is no function of the rules")
        return self.call_rule(python, arguments)

    def called(self, node: ast.expr) -> Any:
        """Return the function that is called."""
        try:
            return self.constant(node)
        except LookupError:
            value = self.expression(node)
            if not isinstance(value.kind, Known):
                raise self.refuse(node, "only a function that is known can be called") from None
            return value.kind.value

    def call_rule(self, function: FunctionType, arguments: Sequence[Value]) -> Value:
        """Write a call of a rule; in the lanes of the mask if it can reach what lanes hold."""
        kinds = [argument.kind for argument in arguments]
        reaches = any(isinstance(kind, Array | Record | Records | Row) and _has_lanes(kind) for kind in kinds)
        is_masked = bool(self.mask) and reaches
        written = self.program.write(function, kinds, is_masked)
        codes = [a.code for a in arguments if not isinstance(a.kind, Known)] + [self.mask] * is_masked
        return Value(f"{written.name}({', '.join(codes)})", written.returns)


def _has_lanes(kind: Any) -> bool:
    return bool(kind.of.lanes if isinstance(kind, Records) else kind.lanes)


SIGNS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|",
    ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
COMPARISONS: dict[type, str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
CASTS: dict[Any, str] = {
    int: "i64", float: "f64", np.int64: "i64", np.uint64: "u64", np.float64: "f64",
}  # fmt: skip
BUILT_IN: dict[Any, str] = {
    abs: "__builtin_elementwise_abs",
    math.sqrt: "__builtin_elementwise_sqrt",
    math.floor: "__builtin_elementwise_floor",
}
"""Functions that every machine computes exactly, or rounds correctly."""


def chosen(mask: str, one: str, other: str) -> str:
    """Write one expression in the lanes of a mask, and another in the rest."""
    return f"({mask} ? {one} : {other})" if mask else one


def declared(kind: Any, name: str) -> str:
    """Declare a variable or parameter."""
    if isinstance(kind, Number):
        return f"{kind.c} {name}"
    if isinstance(kind, Array):
        return f"{kind.c} (*{name})" + "".join(f"[{size}]" for size in kind.dims[1:])
    if isinstance(kind, Record | Records):
        record = kind.of if isinstance(kind, Records) else kind
        return f"{record.name} *restrict {name}"
    return f"{'Table' if isinstance(kind, Table) else 'Row'} {name}"


def known_to(function: FunctionType) -> dict[str, Any]:
    """Return what a function finds by name outside itself."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {**vars(builtins), **function.__globals__, **{name: cell.cell_contents for name, cell in cells}}


def assigned_in(definition: ast.FunctionDef) -> set[str]:
    """Return the names of a function's own variables."""
    names = [node for node in ast.walk(definition) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def homes_of(definition: ast.FunctionDef) -> dict[str, int]:
    """Find the block in which all that is done with each variable is done, by its first statement."""
    homes: dict[str, list[int]] = {}

    def look(node: ast.AST, blocks: list[int]) -> None:
        if isinstance(node, ast.Name):
            before = homes.get(node.id, blocks)
            common = [one for one, other in zip(before, blocks, strict=False) if one == other]
            homes[node.id] = common
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                for statement in value:
                    look(statement, [*blocks, id(value[0])])
            else:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        look(child, blocks)

    look(definition, [])
    return {name: blocks[-1] for name, blocks in homes.items() if blocks}


def structure(record: Record) -> str:
    """Write a record as C's structure; without lanes it has NumPy's layout."""
    check = f'_Static_assert(sizeof({record.name}) == {record.dtype.itemsize}, "layout");\n'
    return f"typedef struct {{\n{_fields(record)}}} {record.name};\n{'' if record.lanes else check}"


def _fields(record: Record) -> str:
    """Write the fields of a record. Each begins at a multiple of 8 bytes, as NumPy has it, or of a vector."""
    lines = []
    for name in record.dtype.names or ():
        kind = record.kind_of(name)
        if isinstance(kind, Record):
            lines.append(f"struct {{\n{_fields(kind)}}} {name};\n")
        else:
            dims = "".join(f"[{size}]" for size in kind.dims) if isinstance(kind, Array) else ""
            lines.append(f"_Alignas({'8 * LANES' if record.lanes else '8'}) {kind.c} {name}{dims};\n")
    return "".join(lines)


def side_by_side(record: Record, path: str = "") -> str:
    """Write statements that lay records `from`, one for each lane, side by side in a record `to`.

    Of the arrays of a record that says how many there are, only those that are there are read.
    """
    lines, names = [], record.dtype.names or ()
    for name in names:
        kind, field = record.kind_of(name), f"{path}{name}"
        if isinstance(kind, Record):
            lines.append(side_by_side(kind, f"{field}."))
            continue
        place, loops = field, ""
        for axis, size in enumerate(kind.dims if isinstance(kind, Array) else ()):
            end = f"from->{path}n" if axis == 0 and "n" in names else size
            loops += f"for (int k{axis} = 0; k{axis} < {end}; k{axis}++) "
            place += f"[k{axis}]"
        if kind.lanes:
            loops += "for (int lane = 0; lane < LANES; lane++) "
            lines.append(f"{loops}to->{place}[lane] = from[lane].{place};\n")
        else:
            lines.append(f"{loops}to->{place} = from->{place};\n")
    return "".join(lines)
