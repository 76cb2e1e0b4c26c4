"""Writing the manifest beside a model file; `appliance.recognize.model` reads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from appliance.recognize.model import read_manifest


def write_manifest(
    path: Path, description: dict[str, Any], meanings: tuple[list[str], list[str]]
) -> Path:
    """Describe the model file at `path` in a TOML beside it, and read it back as the unit will.

    Args:
        path: the .tflite file.
        description: name, licence, sources, perhaps characters and scores.
        meanings: what each input and each output is.
    """
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    outputs = sorted(interpreter.get_output_details(), key=lambda d: str(d["name"]))
    inputs = interpreter.get_input_details()
    lines = [
        f"name = {_value(description['name'])}",
        f"file = {_value(path.name)}",
        f"sha256 = {_value(hashlib.sha256(path.read_bytes()).hexdigest())}",
        f"licence = {_value(description['licence'])}",
    ]
    if "characters" in description:
        lines.append(f"characters = {_value(description['characters'])}")
    for kind, details, words in (
        ("inputs", inputs, meanings[0]),
        ("outputs", outputs, meanings[1]),
    ):
        for detail, meaning in zip(details, words, strict=True):
            lines += ["", f"[[{kind}]]", *_tensor(detail, meaning)]
    for source in description["sources"]:
        lines += ["", "[[sources]]", *(f"{key} = {_value(value)}" for key, value in source.items())]
    lines += [
        "",
        "[scores]",
        *(f"{k} = {_value(v)}" for k, v in description.get("scores", {}).items()),
    ]
    target = path.with_suffix(".toml")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read_manifest(target)
    return target


def _tensor(detail: dict[str, Any], meaning: str) -> list[str]:
    scale, zero = detail["quantization"]
    return [
        f"meaning = {_value(meaning)}",
        f"shape = {[int(n) for n in detail['shape']]}",
        f"scale = {float(scale)!r}",
        f"zero = {int(zero)}",
    ]


def _value(value: object) -> str:
    """A string or number as TOML: JSON's form is TOML's for both."""
    return json.dumps(value, ensure_ascii=False)


def rewrite_scores(path: Path, scores: dict[str, float]) -> None:
    """Put measured scores into the manifest at `path`, in the place of the old ones."""
    head = path.read_text(encoding="utf-8").split("[scores]")[0]
    lines = [f"{key} = {_value(value)}" for key, value in scores.items()]
    path.write_text(head + "\n".join(["[scores]", *lines]) + "\n", encoding="utf-8")
    read_manifest(path)
