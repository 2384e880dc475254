"""For compiled kernels: asking for memory ahead of its use, where no processor foresees what comes next."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


def _prefetch(_: Any, array: Any, index: Any) -> Any:
    """Ask for the memory of an element of a flat array, without waiting for it."""

    def written(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        asked = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        call = cgutils.get_or_insert_function(builder.module, asked, "llvm.prefetch.p0i8")
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        # For reading, into the second cache, data.
        builder.call(call, [place, number(0), number(2), number(1)])
        return context.get_dummy_value()

    return types.none(array, index), written


prefetch: Any = intrinsic(_prefetch)
