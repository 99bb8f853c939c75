"""Builds the PyTorch model of a job, and names its tensors the way the job folder does."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict
from torch import Tensor
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from job import Job

PEFT_PREFIX = "base_model.model."
Attention = Literal["sdpa", "eager"]


def load_classifier(
    folder: Path, num_labels: int, initial: dict[str, Tensor], attention: Attention, dtype: torch.dtype
) -> PreTrainedModel:
    """Loads a checkpoint folder without dropout; `initial` fills or overrides base tensors by name.

    Refuses a model that would be left with randomly initialized tensors.
    """
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=num_labels,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout=0.0,
        attn_implementation=attention,
        dtype=dtype,
        local_files_only=True,
        output_loading_info=True,
    )
    missing = sorted(set(info["missing_keys"]) - set(initial))
    if missing:
        raise ValueError(
            f"{folder} lacks {missing} and so do the initial tensors: add them to initial.safetensors"
        )
    state = model.state_dict()
    with torch.no_grad():
        for name, value in initial.items():
            if name in state:
                state[name].copy_(_shaped(name, value, state[name]))
    return model


def build_model(job: Job, attention: Attention, dtype: torch.dtype) -> PreTrainedModel | PeftModel:
    """The job's model, in training mode, with its method applied and every initial value in place."""
    base = load_classifier(job.model_folder, job.num_labels, job.initial, attention, dtype)
    if job.lora is None:
        refuse_unknown(job.initial, set(base.state_dict()))
        return base.train()
    base_names = set(base.state_dict())
    config = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=job.lora.rank,
        lora_alpha=job.lora.alpha,
        target_modules=job.lora.target_modules,
        lora_dropout=0.0,
        bias="none",
    )
    model = get_peft_model(base, config)
    trainable = trainable_tensors(model)
    absent = sorted(set(trainable) - set(job.initial) - base_names)
    if absent:
        raise ValueError(f"initial.safetensors lacks the adapter tensors {absent}")
    refuse_unknown(job.initial, set(trainable) | base_names)
    adapter = {n: _shaped(n, v, trainable[n]) for n, v in job.initial.items() if n in trainable}
    set_peft_model_state_dict(model, {PEFT_PREFIX + name: value.to(dtype) for name, value in adapter.items()})
    return model.train()


def trainable_tensors(model: PreTrainedModel | PeftModel) -> dict[str, Tensor]:
    """What training changes, by the names of the job folder.

    These are the names of the Hugging Face state dict; an adapter's are those of `adapter_model.safetensors`
    without `base_model.model.`, e.g. `bert.encoder.layer.0.attention.self.query.lora_A.weight`.
    """
    if isinstance(model, PeftModel):
        return {name.removeprefix(PEFT_PREFIX): t for name, t in get_peft_model_state_dict(model).items()}
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def job_name(parameter_name: str) -> str:
    """Name in the job folder of a parameter as `model.named_parameters()` calls it."""
    return (
        parameter_name.removeprefix(PEFT_PREFIX)
        .replace(".modules_to_save.default", "")
        .replace(".default", "")
    )


def _shaped(name: str, value: Tensor, like: Tensor) -> Tensor:
    if value.shape != like.shape:
        raise ValueError(
            f"initial tensor {name} is {tuple(value.shape)}, the model expects {tuple(like.shape)}"
        )
    return value


def refuse_unknown(initial: dict[str, Tensor], known: set[str]) -> None:
    """Raises ValueError for initial tensors that would be silently ignored."""
    unknown = sorted(set(initial) - known)
    if unknown:
        raise ValueError(f"the initial tensors include some the model does not have: {unknown}")
