"""Greedy decoding by `transformers`, timed: the other side of speed.ts.

Reads one JSON line: model folder, its GGUF file or null, prompts (token ids, of equal length), new tokens, threads.
Writes one JSON line: tokens of each row, and milliseconds a new token with the cache and without it. Weights are f32.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def timed(model, ids: torch.Tensor, new_tokens: int, use_cache: bool) -> tuple[torch.Tensor, float]:
    started = time.perf_counter()
    with torch.inference_mode():
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=new_tokens,
            min_new_tokens=new_tokens,
            do_sample=False,
            use_cache=use_cache,
            pad_token_id=0,
        )
    return made[:, ids.shape[1] :], 1000 * (time.perf_counter() - started) / new_tokens


def main() -> None:
    torch.set_num_threads(int(sys.argv[1]))
    load = {"gguf_file": sys.argv[3]} if len(sys.argv) > 3 else {}
    model = AutoModelForCausalLM.from_pretrained(sys.argv[2], dtype=torch.float32, **load).eval()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        ids = torch.tensor(request["prompts"])
        tokens, cached = timed(model, ids, request["newTokens"], True)
        _, uncached = timed(model, ids, request["newTokens"], False)
        print(
            json.dumps({"tokens": tokens.tolist(), "cachedMs": cached, "uncachedMs": uncached}),
            flush=True,
        )


if __name__ == "__main__":
    main()
