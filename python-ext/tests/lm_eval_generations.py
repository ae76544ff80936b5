"""What lm-eval itself generates: run in a process of its own, so that its imports and warnings stay there.

Reads a list of calls {"model", "max_length", "batch_size", "seed", "prompts", "kwargs"} from standard input; writes the
texts of `HFLM.generate_until` for each on the last line of standard output. `max_length` may be null: the model's.
"""

import json
import sys
from functools import lru_cache

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM


@lru_cache(maxsize=1)
def opened(model: str, batch_size: int, max_length: int | None) -> HFLM:
    return HFLM(pretrained=model, device="cpu", dtype="float32", batch_size=batch_size, max_length=max_length)


def generations(call: dict) -> list[str]:
    model = opened(call["model"], call["batch_size"], call["max_length"])
    requests = [
        Instance(request_type="generate_until", doc={}, arguments=(prompt, dict(call["kwargs"])), idx=number)
        for number, prompt in enumerate(call["prompts"])
    ]
    torch.manual_seed(call["seed"])
    return model.generate_until(requests, disable_tqdm=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.stdout.write("\n" + json.dumps([generations(call) for call in json.load(sys.stdin)]))
