"""Reads and writes a training job folder (see README.md for the format)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from safetensors.torch import load_file, save_file
from torch import Tensor

FORMAT_VERSION = 1
BATCH_FIELDS = ("input_ids", "attention_mask", "token_type_ids", "labels", "row_weight")
"""Tensor names of one batch; `forward.py` needs the first three only."""


@dataclass(frozen=True)
class LoraSettings:
    """The adapter: delta W = (alpha / rank) * B @ A on every module in `target_modules`."""

    rank: int
    alpha: float
    target_modules: list[str]


@dataclass(frozen=True)
class OptimizerSettings:
    """AdamW with decoupled weight decay; `no_decay` holds full parameter names."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    no_decay: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """One optimizer step: which training batch, at which learning rate."""

    step: int
    batch: int
    learning_rate: float
    rows: int
    length: int


@dataclass(frozen=True)
class Job:
    """A whole training job, as read from its folder."""

    model_folder: Path
    method: Literal["lora", "full"]
    num_labels: int
    threads: int
    optimizer: OptimizerSettings
    max_gradient_norm: float | None
    lora: LoraSettings | None
    steps: list[Step]
    train: list[dict[str, Tensor]]
    eval: list[dict[str, Tensor]]
    initial: dict[str, Tensor]


def read_job(folder: Path) -> Job:
    """Reads a job folder; raises ValueError where it contradicts itself."""
    raw = json.loads((folder / "job.json").read_text())
    if raw["formatVersion"] != FORMAT_VERSION:
        raise ValueError(
            f"{folder}/job.json has formatVersion {raw['formatVersion']}, expected {FORMAT_VERSION}"
        )
    method = raw["method"]
    if method not in ("lora", "full"):
        raise ValueError(f"{folder}/job.json has method {method!r}, expected 'lora' or 'full'")
    train = read_batches(folder / "train.safetensors")
    steps = [Step(**_snake(json.loads(line))) for line in (folder / "steps.jsonl").read_text().splitlines()]
    for step in steps:
        shape = tuple(train[step.batch]["input_ids"].shape)
        if shape != (step.rows, step.length):
            raise ValueError(
                f"step {step.step} says {step.rows} x {step.length}, batch {step.batch} is {shape}"
            )
    eval_file = folder / "eval.safetensors"
    return Job(
        model_folder=(folder / raw["modelFolder"]).resolve(),
        method=method,
        num_labels=raw["numLabels"],
        threads=raw["threads"],
        optimizer=OptimizerSettings(**_snake(raw["optimizer"])),
        max_gradient_norm=raw["maxGradientNorm"],
        lora=LoraSettings(**_snake(raw["lora"])) if method == "lora" else None,
        steps=steps,
        train=train,
        eval=read_batches(eval_file) if eval_file.exists() else [],
        initial=load_file(folder / "initial.safetensors"),
    )


def write_job(folder: Path, job: Job, model_folder: str) -> None:
    """Writes a job folder; `model_folder` is what job.json will say, absolute or relative to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = {
        "formatVersion": FORMAT_VERSION,
        "modelFolder": model_folder,
        "method": job.method,
        "lora": _camel(asdict(job.lora)) if job.lora else None,
        "numLabels": job.num_labels,
        "optimizer": _camel(asdict(job.optimizer)),
        "maxGradientNorm": job.max_gradient_norm,
        "threads": job.threads,
    }
    (folder / "job.json").write_text(json.dumps(raw, indent=2) + "\n")
    write_json_lines(folder / "steps.jsonl", (_camel(asdict(step)) for step in job.steps))
    write_batches(folder / "train.safetensors", job.train)
    if job.eval:
        write_batches(folder / "eval.safetensors", job.eval)
    save_file(job.initial, folder / "initial.safetensors")


def read_batches(path: Path) -> list[dict[str, Tensor]]:
    """Reads `<batch>.<field>` tensors into one dictionary a batch, integers widened to int64."""
    batches: dict[int, dict[str, Tensor]] = {}
    for name, tensor in load_file(path).items():
        index, field_name = name.split(".", 1)
        if field_name not in BATCH_FIELDS:
            raise ValueError(
                f"{path}: unknown tensor {name!r}, expected <batch>.<one of {', '.join(BATCH_FIELDS)}>"
            )
        widened = tensor if tensor.is_floating_point() else tensor.long()
        batches.setdefault(int(index), {})[field_name] = widened
    if sorted(batches) != list(range(len(batches))):
        raise ValueError(
            f"{path}: batches are numbered {sorted(batches)}, expected 0..{len(batches) - 1} without a gap"
        )
    return [batches[index] for index in range(len(batches))]


def write_batches(path: Path, batches: list[dict[str, Tensor]]) -> None:
    """Writes batches as `<batch>.<field>` tensors, int32 and float32."""
    tensors = {
        f"{index}.{name}": (tensor.float() if tensor.is_floating_point() else tensor.int()).contiguous()
        for index, batch in enumerate(batches)
        for name, tensor in batch.items()
    }
    save_file(tensors, path)


def write_json_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Writes one JSON object a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _snake(raw: dict[str, Any]) -> dict[str, Any]:
    """camelCase keys to snake_case."""
    return {"".join("_" + c.lower() if c.isupper() else c for c in key): value for key, value in raw.items()}


def _camel(raw: dict[str, Any]) -> dict[str, Any]:
    """snake_case keys to camelCase."""
    return {
        key.split("_")[0] + "".join(w.title() for w in key.split("_")[1:]): value
        for key, value in raw.items()
    }
