"""What the scripted upstream says in Responses: the events of one message, as OpenAI writes them."""

from collections.abc import Sequence

import msgspec

RESPONSE = "resp_bench0123456789abcdefghijklmnopqrstuvwxyz0123456789"
ITEM = "msg_bench0123456789abcdefghijklmnopqrstuvwxyz01234567890"
PLACE = {"item_id": ITEM, "output_index": 0, "content_index": 0}


def responses_event(name: str, number: int, **fields: object) -> bytes:
    """One event of the stream, the name of which stands on a line of its own too."""
    event = {"type": name, **fields, "sequence_number": number}
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(event))


def responses_usage(deltas: int) -> dict[str, object]:
    """OpenAI's count of the tokens."""
    return {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": deltas,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 12 + deltas,
    }


def response(status: str, output: list[object], usage: dict[str, object] | None) -> dict[str, object]:
    """The response object, which repeats the request; the request's tools and instructions are left out of it here."""
    return {
        "id": RESPONSE,
        "object": "response",
        "created_at": 1763726400,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": 1024,
        "max_tool_calls": None,
        "model": "bench",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }


def item(status: str, content: list[object]) -> dict[str, object]:
    """The message among the items of the output."""
    return {"id": ITEM, "type": "message", "status": status, "content": content, "role": "assistant"}


def part(text: str) -> dict[str, object]:
    """The text among the parts of the message."""
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def opening() -> list[bytes]:
    """What precedes the deltas."""
    begun = response("in_progress", [], None)
    return [
        responses_event("response.created", 0, response=begun),
        responses_event("response.in_progress", 1, response=begun),
        responses_event("response.output_item.added", 2, item=item("in_progress", []), output_index=0),
        responses_event("response.content_part.added", 3, **PLACE, part=part("")),
    ]


def deltas(texts: Sequence[str]) -> list[bytes]:
    """One event for each text."""
    return [
        responses_event("response.output_text.delta", number, **PLACE, delta=text, logprobs=[])
        for number, text in enumerate(texts, 4)
    ]


def closing(text: str, count: int) -> list[bytes]:
    """What follows `count` deltas: the whole text four times, and what it cost."""
    whole, number = item("completed", [part(text)]), count + 4
    end = response("completed", [whole], responses_usage(count))
    return [
        responses_event("response.output_text.done", number, **PLACE, text=text, logprobs=[]),
        responses_event("response.content_part.done", number + 1, **PLACE, part=part(text)),
        responses_event("response.output_item.done", number + 2, item=whole, output_index=0),
        responses_event("response.completed", number + 3, response=end),
    ]
