"""Begin a training where a shipped int8 model ended: its weights, back in PyTorch.

Checkpoints are not kept in the repository, models are.  A convolution of the file is BatchNorm
folded: weights of eight bits and a bias.  Each weight is put back as it is, and the BatchNorm is
given the statistics that it would have seen, so that the network says the same again and can be
trained on.  Blocks that the file does not know begin as the identity (the last factor of a residual
branch is 0), so a deeper network starts as good as the shallower one was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from ai_edge_litert.interpreter import Interpreter
from torch import Tensor, nn

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


@dataclass(frozen=True, slots=True)
class Folded:
    """A convolution of a model file: PyTorch's (outputs, inputs / groups, rows, columns)."""

    weight: Tensor
    bias: Tensor


def start_from(network: nn.Module, path: Path, examples: Tensor) -> int:
    """Give `network` the weights of the int8 model at `path`.

    Args:
        network: of the file's architecture, perhaps with more residual blocks.
        path: a .tflite file.
        examples: typical inputs, (N, C, H, W); the BatchNorm statistics are measured on them.

    Returns:
        How many convolutions begin anew, as the identity.

    Raises:
        ValueError: a convolution of the file has no place in the network.
    """
    rest = list(_folded(path))
    order = _call_order(network, examples[:1])
    fresh = 0
    biases: dict[nn.BatchNorm2d, Tensor] = {}
    for convolution, normal in order:
        if rest and rest[0].weight.shape == convolution.weight.shape:
            folded = rest.pop(0)
            convolution.weight.data.copy_(folded.weight)
            if normal is None:
                assert convolution.bias is not None, "without BatchNorm a convolution has a bias"
                convolution.bias.data.copy_(folded.bias)
            else:
                biases[normal] = folded.bias
        else:
            fresh += 1
            if normal is not None and convolution.groups == 1:
                nn.init.zeros_(normal.weight)
    if rest:
        raise ValueError(f"{path}: no place for a convolution of {tuple(rest[0].weight.shape)}")
    _measure(network, biases, examples)
    return fresh


def _folded(path: Path) -> Iterator[Folded]:
    """The file's convolutions, in the order in which they run."""
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    details = {d["index"]: d for d in interpreter.get_tensor_details()}
    for operator in interpreter._get_ops_details():  # noqa: SLF001  # the only way to its operators
        if operator["op_name"] in CONVOLUTIONS:
            _, weight, bias = operator["inputs"]
            values = [_real(interpreter, details[int(i)]) for i in (weight, bias)]
            is_depthwise = operator["op_name"] == "DEPTHWISE_CONV_2D"
            order = (3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2)
            yield Folded(values[0].permute(order).contiguous(), values[1])


def _real(interpreter: Interpreter, detail: dict) -> Tensor:  # type: ignore[type-arg]  # as litert gives it
    """A constant tensor as real numbers."""
    stored = torch.from_numpy(interpreter.get_tensor(detail["index"]).copy()).float()
    scales = torch.from_numpy(detail["quantization_parameters"]["scales"])
    axis = detail["quantization_parameters"]["quantized_dimension"]
    shape = [1] * stored.dim()
    shape[axis if len(scales) > 1 else 0] = -1
    return stored * scales.reshape(shape)


def _call_order(
    network: nn.Module, example: Tensor
) -> list[tuple[nn.Conv2d, nn.BatchNorm2d | None]]:
    """Every convolution with the BatchNorm that follows it, in the order in which they run."""
    called: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.BatchNorm2d)
    hooks = [
        m.register_forward_hook(lambda module, *_: called.append(module))
        for m in network.modules()
        if isinstance(m, kinds)
    ]
    network.eval()
    with torch.no_grad():
        network(example)
    for hook in hooks:
        hook.remove()
    pairs: list[tuple[nn.Conv2d, nn.BatchNorm2d | None]] = []
    for module, following in zip(called, [*called[1:], None], strict=True):
        if isinstance(module, nn.Conv2d):
            normal = following if isinstance(following, nn.BatchNorm2d) else None
            pairs.append((module, normal))
    return pairs


def _measure(network: nn.Module, biases: dict[nn.BatchNorm2d, Tensor], examples: Tensor) -> None:
    """Give each BatchNorm the mean and variance that it meets, and what makes it add its bias."""

    def told(normal: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        assert isinstance(normal, nn.BatchNorm2d), "hooked below"
        met = inputs[0]
        normal.running_mean = met.mean((0, 2, 3))
        normal.running_var = met.var((0, 2, 3))
        bias = biases.get(normal)
        if bias is None:
            return output
        normal.weight.data = (normal.running_var + normal.eps).sqrt()
        normal.bias.data = normal.running_mean + bias
        return met + bias[None, :, None, None]

    normals = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [normal.register_forward_hook(told) for normal in normals]
    with torch.no_grad():
        network.eval()(examples)
    for hook in hooks:
        hook.remove()
