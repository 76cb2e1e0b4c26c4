"""The same TFLite model in the form that older programs take, such as Coral's compiler.

Two things are newer than they: weights stored behind the flatbuffer instead of inside it, and a
doubling that counts from the middle of a pixel.  For an exact doubling both ways of counting give
the same pixel, floor((i + 0.5) / 2) = floor(i / 2), so nothing that the model says changes.
"""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

INSIDE = 1
"""A buffer's offset up to which its bytes stand in the flatbuffer itself."""
RESIZE = schema.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR
RESIZE_VERSION = 2
"""Of int8 without `half_pixel_centers`; 3 has it."""


def classic(model: bytes) -> bytes:
    """`model` with its weights inside and its doublings counted from the pixels' edges.

    Raises:
        ValueError: a resize that is no exact doubling: there the two ways differ.
    """
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    for buffer in tree.buffers:
        if buffer.offset > INSIDE:
            buffer.data = np.frombuffer(model, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    for graph in tree.subgraphs:
        for operator in graph.operators:
            code = tree.operatorCodes[operator.opcodeIndex]
            if max(code.builtinCode, code.deprecatedBuiltinCode) == RESIZE:
                _require_doubling(graph, operator)
                operator.builtinOptions.halfPixelCenters = False
                code.version = RESIZE_VERSION
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _require_doubling(graph: Any, operator: Any) -> None:  # noqa: ANN401  # generated, untyped
    before, after = (
        list(graph.tensors[i].shape) for i in (operator.inputs[0], operator.outputs[0])
    )
    if after[1:3] != [2 * before[1], 2 * before[2]]:
        raise ValueError(f"a resize from {before} to {after} is no doubling")
