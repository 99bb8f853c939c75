"""Writes hidden states and logits of a Hugging Face checkpoint for given token batches.

    python forward.py MODEL_FOLDER TOKENS.safetensors OUT.safetensors [--initial head.safetensors]

README.md describes both files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from job import read_batches
from model import load_classifier, refuse_unknown

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def forward_states(model: PreTrainedModel, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """`hidden_states.0` (embeddings) to `hidden_states.<layers>`, `pooler_output`, `logits`."""
    pooled: list[Tensor] = []
    hook = model.base_model.pooler.register_forward_hook(
        lambda _module, _inputs, output: pooled.append(output)
    )
    output = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
        output_hidden_states=True,
    )
    hook.remove()
    states = {f"hidden_states.{layer}": state for layer, state in enumerate(output.hidden_states)}
    return {**states, "pooler_output": pooled[0], "logits": output.logits}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Hidden states and logits of a checkpoint for given token batches."
    )
    parser.add_argument("model", type=Path, help="Hugging Face folder")
    parser.add_argument("tokens", type=Path, help="batches, as in a job's train.safetensors")
    parser.add_argument("out", type=Path, help="safetensors file to write")
    parser.add_argument("--initial", type=Path, help="tensors the checkpoint lacks, e.g. the classifier")
    parser.add_argument("--num-labels", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="eager")
    parser.add_argument(
        "--dtype", choices=sorted(DTYPES), default="float32", help="output is float32 in any case"
    )
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    initial = load_file(options.initial) if options.initial else {}
    model = load_classifier(
        options.model, options.num_labels, initial, options.attention, DTYPES[options.dtype]
    )
    refuse_unknown(initial, set(model.state_dict()))
    model.eval()
    written: dict[str, Tensor] = {}
    with torch.no_grad():
        for index, batch in enumerate(read_batches(options.tokens)):
            for name, tensor in forward_states(model, batch).items():
                written[f"{index}.{name}"] = tensor.float().contiguous()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(written, options.out)
    print(f"{len(written)} tensors in {options.out}")


if __name__ == "__main__":
    main()
