"""Sixteen numbers at once in compiled loops, by one vector instruction or a few in the place of a loop.

Numba turns a loop into vector instructions if it can prove that the loop reads nothing that it writes. Chains that cross give
it no such proof. So these functions are written in LLVM's own instructions, which every processor has in some width. A mask
of lanes is a uint16, and lane 0 is its lowest bit. Arrays are float32 or int32 with one axis, and their length is not
checked.
"""

from typing import Any, no_type_check

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

NUM_LANES = 16

_BIT, _MASK, _INTEGER, _FLOAT = ir.IntType(1), ir.IntType(NUM_LANES), ir.IntType(32), ir.FloatType()
_FLOATS, _INTEGERS = ir.VectorType(_FLOAT, NUM_LANES), ir.VectorType(_INTEGER, NUM_LANES)
_NUMBER_BYTES = 4


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="float32 lanes")


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


_lanes = _Lanes()


@intrinsic
@no_type_check
def load_lanes(typing, array, start):
    """Return array[start : start + 16]."""

    def generate(context, builder, signature, arguments):
        values = builder.load(_point(context, builder, signature.args[0], arguments, _FLOATS))
        values.align = _NUMBER_BYTES
        return values

    return _lanes(array, types.int64), generate


@intrinsic
@no_type_check
def store_lanes(typing, array, start, values):
    """Set array[start : start + 16] to `values`."""

    def generate(context, builder, signature, arguments):
        stored = builder.store(arguments[2], _point(context, builder, signature.args[0], arguments, _FLOATS))
        stored.align = _NUMBER_BYTES
        return context.get_dummy_value()

    return types.void(array, types.int64, _lanes), generate


@intrinsic
@no_type_check
def repeat_lane(typing, value):
    """Return the same number in all lanes."""
    return _lanes(types.float32), lambda context, builder, signature, arguments: _repeat(builder, arguments[0], _FLOATS)


@intrinsic
@no_type_check
def keep_lanes(typing, mask, values):
    """Return `values` in the lanes of `mask` and 0 in the others."""

    def generate(context, builder, signature, arguments):
        is_kept = builder.bitcast(arguments[0], ir.VectorType(_BIT, NUM_LANES))
        return builder.select(is_kept, arguments[1], ir.Constant(_FLOATS, [0.0] * NUM_LANES))

    return _lanes(types.uint16, _lanes), generate


@intrinsic
@no_type_check
def add_lanes(typing, first, second):
    """Return first + second."""
    return _lanes(_lanes, _lanes), lambda context, builder, signature, arguments: builder.fadd(*arguments)


@intrinsic
@no_type_check
def multiply_lanes(typing, first, second):
    """Return first * second."""
    return _lanes(_lanes, _lanes), lambda context, builder, signature, arguments: builder.fmul(*arguments)


@intrinsic
@no_type_check
def find_lanes(typing, array, start, value):
    """Return the mask of the lanes where array[start : start + 16], int32, is `value`."""

    def generate(context, builder, signature, arguments):
        values = builder.load(_point(context, builder, signature.args[0], arguments[:2], _INTEGERS))
        values.align = _NUMBER_BYTES
        is_found = builder.icmp_signed("==", values, _repeat(builder, arguments[2], _INTEGERS))
        return builder.bitcast(is_found, _MASK)

    return types.uint16(array, types.int64, types.int32), generate


@intrinsic
@no_type_check
def first_lane(typing, mask):
    """Return the lowest lane of `mask`, or 16 if it has none."""

    def generate(context, builder, signature, arguments):
        return builder.zext(builder.cttz(arguments[0], ir.Constant(_BIT, 0)), ir.IntType(64))

    return types.int64(types.uint16), generate


@no_type_check
def _point(context, builder, kind, arguments, vector):
    data = context.make_array(kind)(context, builder, arguments[0]).data
    return builder.bitcast(builder.gep(data, [arguments[1]]), vector.as_pointer())


@no_type_check
def _repeat(builder, value, vector):
    anything = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(anything, value, ir.Constant(_INTEGER, 0))
    return builder.shuffle_vector(first, anything, ir.Constant(_INTEGERS, [0] * NUM_LANES))
