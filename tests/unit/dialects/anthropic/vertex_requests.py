"""Requests for Claude on Vertex AI, as clients write them."""

import json

from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_request

VERTEX = Quirks(claude_on_vertex=True)
MODEL = "claude-opus-5-5"
HI = {"role": "user", "content": "Hi"}
VERSION = "vertex-2023-10-16"


def ask(headers=(), counting=False, **fields):
    body = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [HI], **fields}
    return parse_request(json.dumps(body).encode(), tuple(headers), counting=counting)


def betas(*values):
    return (("anthropic-beta", ",".join(values)),)


def lost(losses):
    return [f"{loss.field} {loss.what}" for loss in losses]
