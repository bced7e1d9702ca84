"""Which models understand each other's reasoning."""

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def model_family(model: str) -> str:
    """The first word of a model's own name: `deepseek` for `vendor/DeepSeek-V4:free`; empty if there is none."""
    match = re.match(r"[a-z]+", model.lower().rpartition("/")[2])
    return match[0] if match else ""
