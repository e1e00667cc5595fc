"""How kernels are compiled: decorators over numba, all cached on disk and free of the interpreter's lock.

`kernel` is strict IEEE arithmetic in the order written: what decides or reports a figure.
`part` is the same for what only kernels call. `lanes` is for array loops that must become
vector instructions: arguments promise not to overlap (without that promise LLVM keeps the
loop scalar), sums may be reordered and products fused, and a number is taken to be a
number. `steady` is for such loops too, but in the order written and with NaN as NaN; only
a product and a sum may fuse. `piece` is a formula that is put into a steady loop.

A kernel is a plain function in a plain module, because generated code cannot be cached;
arguments keep one dtype and C order, so that each is compiled once.

numba looks at the file of a kernel to see whether its cached code is still good, not at
the files of the kernels and constants it takes in. So the sources of every module of `orbit`
that a kernel's own module imports, near or far, count as part of its file here.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Apart(CompilerBase):
    """numba's own pipeline, with all array arguments marked as not overlapping."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


_ROOT = Path(__file__).resolve().parents[3]
_IMPORT = re.compile(r"^from (space_hub\.orbit[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def _imported(path: Path) -> frozenset[Path]:
    """Files of `orbit` that a source file imports."""
    found = set()
    for module, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
        place = _ROOT.joinpath(*module.split("."))
        parts = {place / f"{name}.py" for name in re.findall(r"\w+", names)}
        known = {one for one in parts if one.exists()}
        found |= known or {place.with_suffix(".py"), place / "__init__.py"}
    return frozenset(one for one in found if one.exists())


@cache
def _digest(path: Path) -> str:
    """Of all sources that a kernel in `path` may be made of; the same when there are none to read."""
    seen, waiting = set(), [path] if path.exists() else []
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(_imported(one))
    return sha256(b"".join(one.read_bytes() for one in sorted(seen))).hexdigest()


def _once(find: Callable[..., Any], args: Any, kws: Any) -> Any:
    """How a kernel finds another: for any integer, not once more for each that is written in the source."""
    plain = {name: types.unliteral(one) for name, one in kws.items()}
    return find(tuple(types.unliteral(one) for one in args), plain)


def _compiled(function: _Function, **options: Any) -> _Function:
    options |= {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    made = cast(Any, njit)(**options)(function)
    if made is not function:  # NUMBA_DISABLE_JIT gives the plain function back.
        made.get_call_template = partial(_once, made.get_call_template)
        file = made._cache._cache_file
        file._source_stamp = (file._source_stamp, _digest(Path(function.__code__.co_filename)))
    return cast(_Function, made)


def kernel(function: _Function) -> _Function:
    """Compile with strict arithmetic; callable from other kernels."""
    return _compiled(function)


def part(function: _Function) -> _Function:
    """As `kernel`, for what only other kernels call: no way in from Python is compiled."""
    return _compiled(function, no_cpython_wrapper=True)


def lanes(function: _Function) -> _Function:
    """Compile for vector instructions: array arguments must not overlap, and no result may hang on a NaN."""
    fast = {"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"}
    return _compiled(function, fastmath=fast, pipeline_class=_Apart)


def steady(function: _Function) -> _Function:
    """Compile for vector instructions, in the order written: array arguments must not overlap."""
    return _compiled(function, fastmath={"contract"}, pipeline_class=_Apart)


def piece(function: _Function) -> _Function:
    """A formula for `steady` loops, put in where it is called."""
    return _compiled(function, fastmath={"contract"}, forceinline=True, no_cpython_wrapper=True)
