"""Replays a training job in PyTorch (and peft) and records what it does.

    python train.py JOB_FOLDER OUT_FOLDER [--max-steps N] [--attention eager] [--fused]

README.md describes both folders.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import peft
import torch
import transformers
from peft import PeftModel
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from job import Job, read_job, write_json_lines
from model import Attention, build_model, job_name, trainable_tensors

Model = PreTrainedModel | PeftModel
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class StepRecord:
    """What one optimizer step did: loss and gradient norm before the update, wall time of all of it."""

    step: int
    loss: float
    gradient_norm: float
    milliseconds: float


@dataclass(frozen=True)
class EvalRecord:
    """Logits of one real row of the evaluation batches."""

    batch: int
    row: int
    label: int
    logits: list[float]
    loss: float

    @property
    def prediction(self) -> int:
        return max(range(len(self.logits)), key=self.logits.__getitem__)


def forward_logits(model: Model, batch: dict[str, Tensor]) -> Tensor:
    """Logits (rows, labels)."""
    return model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
    ).logits


def weighted_loss(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Sum over rows of row_weight * cross-entropy: the mean over real rows, padding rows at weight 0."""
    return (
        cross_entropy(logits, batch["labels"], reduction="none") * batch["row_weight"].to(logits.dtype)
    ).sum()


def make_optimizer(model: Model, job: Job, fused: bool) -> torch.optim.AdamW:
    """AdamW over every trainable parameter; `fused` is what transformers' Trainer asks for."""
    settings = job.optimizer
    decayed: list[Tensor] = []
    plain: list[Tensor] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (plain if job_name(name) in settings.no_decay else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=0.0,
        betas=(settings.beta1, settings.beta2),
        eps=settings.epsilon,
        fused=True if fused else None,
    )


def train(model: Model, job: Job, max_steps: int | None = None, fused: bool = False) -> list[StepRecord]:
    """Runs the job's steps in order: forward, backward, clip, update."""
    optimizer = make_optimizer(model, job, fused)
    parameters = [p for p in model.parameters() if p.requires_grad]
    clip = math.inf if job.max_gradient_norm is None else job.max_gradient_norm
    records: list[StepRecord] = []
    for step in job.steps[:max_steps]:
        started = time.perf_counter()
        for group in optimizer.param_groups:
            group["lr"] = step.learning_rate
        batch = job.train[step.batch]
        loss = weighted_loss(forward_logits(model, batch), batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, clip, error_if_nonfinite=True)
        optimizer.step()
        optimizer.zero_grad()
        elapsed_ms = (time.perf_counter() - started) * 1e3
        records.append(StepRecord(step.step, loss.item(), norm.item(), elapsed_ms))
    return records


def evaluate(model: Model, batches: list[dict[str, Tensor]]) -> list[EvalRecord]:
    """Logits of every real row (row_weight > 0), in the order of the batches."""
    model.eval()
    records: list[EvalRecord] = []
    with torch.no_grad():
        for index, batch in enumerate(batches):
            logits = forward_logits(model, batch)
            losses = cross_entropy(logits, batch["labels"], reduction="none")
            for row in torch.nonzero(batch["row_weight"] > 0).flatten().tolist():
                label = int(batch["labels"][row])
                records.append(EvalRecord(index, row, label, logits[row].tolist(), losses[row].item()))
    return records


def write_losses(path: Path, records: list[StepRecord]) -> None:
    """losses.jsonl."""
    write_json_lines(
        path, ({"step": r.step, "loss": r.loss, "gradientNorm": r.gradient_norm} for r in records)
    )


def write_predictions(path: Path, records: list[EvalRecord]) -> None:
    """predictions.jsonl."""
    write_json_lines(
        path,
        (
            {"batch": r.batch, "row": r.row, "label": r.label, "prediction": r.prediction, "logits": r.logits}
            for r in records
        ),
    )


def peak_resident_bytes() -> int:
    """Highest resident memory of this process so far (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def tokens_per_second(records: list[StepRecord], job: Job, warmup_steps: int) -> dict[str, float | None]:
    """Throughput after the warm-up: all positions (padding too), and real tokens only."""
    timed = records[warmup_steps:]
    seconds = sum(r.milliseconds for r in timed) / 1e3
    if not timed:
        return {"tokensPerSecond": None, "realTokensPerSecond": None}
    steps = job.steps[warmup_steps : len(records)]
    positions = sum(step.rows * step.length for step in steps)
    real = sum(int(job.train[step.batch]["attention_mask"].sum()) for step in steps)
    return {"tokensPerSecond": positions / seconds, "realTokensPerSecond": real / seconds}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Replay a training job in PyTorch and peft.",
        epilog="example: python train.py job out --max-steps 40",
    )
    parser.add_argument("job", type=Path, help="job folder to read")
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("--max-steps", type=int, help="stop after this many steps")
    parser.add_argument("--threads", type=int, help="instead of the job's number of threads")
    parser.add_argument(
        "--attention", choices=["sdpa", "eager"], default="sdpa", help="default: sdpa, as users get"
    )
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="float32")
    parser.add_argument("--fused", action="store_true", help="fused AdamW (the Trainer's choice)")
    parser.add_argument(
        "--warmup-steps", type=int, default=5, help="steps left out of the throughput (default: 5)"
    )
    parser.add_argument("--save-trained", action="store_true", help="write the trained tensors too")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    attention: Attention = options.attention
    job = read_job(options.job)
    threads = options.threads or job.threads
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)

    started = time.perf_counter()
    model = build_model(job, attention, DTYPES[options.dtype])
    load_ms = (time.perf_counter() - started) * 1e3
    loaded_bytes = peak_resident_bytes()

    steps = train(model, job, options.max_steps, options.fused)
    train_peak_bytes = peak_resident_bytes()
    started = time.perf_counter()
    predictions = evaluate(model, job.eval)
    eval_ms = (time.perf_counter() - started) * 1e3

    options.out.mkdir(parents=True, exist_ok=True)
    write_losses(options.out / "losses.jsonl", steps)
    write_predictions(options.out / "predictions.jsonl", predictions)
    if options.save_trained:
        trained = {name: tensor.contiguous() for name, tensor in trainable_tensors(model).items()}
        save_file(trained, options.out / "trained.safetensors")
    timing = {
        "environment": {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "peft": peft.__version__,
            "python": platform.python_version(),
            "threads": threads,
            "attention": attention,
            "dtype": options.dtype,
            "fusedOptimizer": options.fused,
        },
        "parameters": {
            "trainable": sum(t.numel() for t in trainable_tensors(model).values()),
            "total": sum(
                p.numel() for name, p in model.named_parameters() if ".original_module." not in name
            ),
        },
        "loadMs": load_ms,
        "stepMs": [record.milliseconds for record in steps],
        "warmupSteps": options.warmup_steps,
        "stepMsMedian": statistics.median(r.milliseconds for r in steps[options.warmup_steps :] or steps),
        **tokens_per_second(steps, job, options.warmup_steps),
        "evalMs": eval_ms,
        "evaluation": evaluation_summary(predictions),
        "peakResidentBytes": {"load": loaded_bytes, "train": train_peak_bytes, "all": peak_resident_bytes()},
    }
    (options.out / "timing.json").write_text(json.dumps(timing, indent=2) + "\n")
    print(
        f"{len(steps)} steps, median {timing['stepMsMedian']:.1f} ms, {timing['evaluation']}, in {options.out}"
    )


def evaluation_summary(records: list[EvalRecord]) -> dict[str, float | int | None]:
    """Rows, accuracy in [0, 1] and mean cross-entropy; nulls where there was nothing to evaluate."""
    if not records:
        return {"rows": 0, "accuracy": None, "loss": None}
    return {
        "rows": len(records),
        "accuracy": sum(r.prediction == r.label for r in records) / len(records),
        "loss": sum(r.loss for r in records) / len(records),
    }


if __name__ == "__main__":
    main()
