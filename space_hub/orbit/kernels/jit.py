"""How kernels are compiled: two decorators over numba, both cached on disk and free of the interpreter's lock.

`kernel` is strict IEEE arithmetic in the order written: what decides or reports a figure.
`lanes` is for array loops that must become vector instructions: arguments promise not to
overlap (without that promise LLVM keeps the loop scalar), sums may be reordered and
products fused, and a number is taken to be a number.

A kernel is a plain function in a plain module, because generated code cannot be cached;
arguments keep one dtype and C order, so that each is compiled once.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.compiler import CompilerBase, DefaultPassBuilder

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Apart(CompilerBase):
    """numba's own pipeline, with all array arguments marked as not overlapping."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


def kernel(function: _Function) -> _Function:
    """Compile with strict arithmetic; callable from other kernels."""
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy")(function))


def lanes(function: _Function) -> _Function:
    """Compile for vector instructions: array arguments must not overlap, and no result may hang on a NaN."""
    compiled = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        fastmath={"contract", "reassoc", "nsz", "arcp", "nnan", "ninf"},
        pipeline_class=_Apart,
    )
    return cast(_Function, compiled(function))
