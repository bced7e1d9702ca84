"""Says a Reply as Gemini does, in chunks or whole (spec/gemini.md sections 1, 3.5, 4.3, 8 and 9).

There is one account of a reply, its chunks; the whole answer is those chunks folded.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_refusal import error_of
from tests.support.http_answer import Step, json_bytes
from tests.support.replies import (
    Call,
    Item,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    Usage,
    cut,
    unsaid,
)

CREATED = "2026-11-21T12:00:00.000000Z"
ERROR_CODES = {"RESOURCE_EXHAUSTED": 429, "UNAVAILABLE": 503, "DEADLINE_EXCEEDED": 504, "INTERNAL": 500}
ERROR_WORDS = {"overloaded_error": "UNAVAILABLE", "rate_limit_error": "RESOURCE_EXHAUSTED"}
"""Gemini's for those that a script knows from other vendors."""


@dataclass(frozen=True)
class Voice:
    """What one answer needs besides its script."""

    model: str
    id: str
    flavor: GeminiFlavor
    thoughts_asked: bool
    """The request had `includeThoughts`; thoughts stay hidden otherwise."""
    calls_named: bool
    """Calls have ids."""
    signs: frozenset[str]
    """What is signed, empty for a model that signs nothing."""
    sign: Callable[[Call | None, str | None], str]
    """Given the call and its id, None for everything else."""
    new_call_id: Callable[[], str]
    continuation: str | None = None
    """Told with the finish reason."""


Said = dict[str, Any] | Step
"""A chunk, or something of the wire between chunks."""


def usage_of(usage: Usage, flavor: GeminiFlavor, share: float = 1.0) -> dict[str, Any]:
    """Google's count: cached input is part of the prompt, thoughts are not part of the candidates. `share` of the
    output has been said so far."""
    thoughts = int(usage.reasoning * share)
    visible = int((usage.completion - usage.reasoning) * share)
    counts = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": visible,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": usage.cached,
        "totalTokenCount": usage.prompt + visible + thoughts,
    }
    told: dict[str, Any] = {name: count for name, count in counts.items() if count}
    told["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.prompt}]
    return told | ({"trafficType": "ON_DEMAND"} if flavor.vertex else {})


def finish_reason_of(reply: Reply) -> str:
    """The scripted finish, or what Gemini says for these parts: calls end with STOP too."""
    refused = any(isinstance(part, Refusal) for part in reply.parts)
    return reply.finish or ("SAFETY" if refused else "STOP")


def chunk_steps(reply: Reply, voice: Voice) -> Iterator[Step]:
    """The stream as server-sent events and faults, in order."""
    for said in _said(reply, voice):
        if not isinstance(said, dict):
            yield said
        elif "error" in said and voice.flavor.plain_errors:
            yield json.dumps(said, indent=2).encode() + b"\n"
        else:
            yield b"data: " + json_bytes(said) + b"\r\n\r\n"


def array_steps(reply: Reply, voice: Voice) -> Iterator[Step]:
    """The same without `alt=sse`: a JSON array, sent piece by piece; comments have no place in it."""
    mark = b"["
    for said in _said(reply, voice):
        if isinstance(said, dict):
            yield mark + json_bytes(said)
            mark = b"\n,\r\n"
        elif not isinstance(said, bytes):
            yield said
    yield b"]" if mark != b"[" else b"[]"


def whole_response(reply: Reply, voice: Voice) -> dict[str, Any]:
    """The answer to generateContent; texts that follow each other are one part."""
    folded: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    candidate: dict[str, Any] = {}
    for said in _said(reply, voice):
        if not isinstance(said, dict):
            continue
        folded |= {key: value for key, value in said.items() if key != "candidates"}
        for one in said.get("candidates", ())[:1]:
            candidate |= one
            for part in (one.get("content") or {}).get("parts", ()):
                _append(parts, part)
    if candidate:
        candidate["content"] = {"parts": parts, "role": "model"} if parts else {"role": "model"}
        folded = {"candidates": [candidate]} | folded
    return folded


def _append(parts: list[dict[str, Any]], part: dict[str, Any]) -> None:
    last = parts[-1] if parts else {}
    alike = "text" in part and "text" in last and part.get("thought") == last.get("thought")
    if alike and "thoughtSignature" not in last:
        parts[-1] = last | part | {"text": last["text"] + part["text"]}
    elif part != {"text": ""}:
        parts.append(dict(part))


def _said(reply: Reply, voice: Voice) -> Iterator[Said]:
    """Everything in order, usage included: cumulative on AI Studio, only at the end on Vertex."""
    drafts = list(_drafts(reply, voice))
    spoken = sum(1 for draft in drafts if isinstance(draft, list))
    count = 0
    for draft in drafts:
        if not isinstance(draft, list):
            yield draft
            continue
        count += 1
        usage = reply.usage
        early = usage is not None and not voice.flavor.vertex
        yield _chunk(
            {"content": {"parts": draft, "role": "model"}},
            usage_of(usage, voice.flavor, count / (spoken + 1)) if usage and early else None,
            voice,
        )
    broken = any(isinstance(part, StreamError) for part in reply.parts)
    if reply.finishes and not broken:
        usage = reply.usage
        yield _chunk(_last(reply, voice), usage_of(usage, voice.flavor) if usage else None, voice)


def _chunk(candidate: dict[str, Any], usage: dict[str, Any] | None, voice: Voice) -> dict[str, Any]:
    chunk: dict[str, Any] = {"candidates": [candidate | {"index": 0}]}
    if usage is not None:
        chunk["usageMetadata"] = usage
    elif voice.flavor.vertex:
        chunk["usageMetadata"] = {"trafficType": "ON_DEMAND"}
    chunk |= {"modelVersion": voice.model, "responseId": voice.id}
    return chunk | ({"createTime": CREATED} if voice.flavor.vertex else {})


def _last(reply: Reply, voice: Voice) -> dict[str, Any]:
    part: dict[str, Any] = {"text": ""}
    if "trailing" in voice.signs and not reply.calls:
        part["thoughtSignature"] = voice.sign(None, None)
    candidate: dict[str, Any] = {
        "content": {"parts": [part], "role": "model"},
        "finishReason": finish_reason_of(reply),
    }
    declined = [part.text for part in reply.parts if isinstance(part, Refusal)]
    if declined:
        candidate = {"finishReason": candidate["finishReason"], "finishMessage": "".join(declined)}
    if voice.continuation is not None:
        candidate["continuationToken"] = voice.continuation
    return candidate


def _drafts(reply: Reply, voice: Voice) -> Iterator[list[dict[str, Any]] | Said]:
    """The parts of each chunk as a list; whatever is none of the model's words as it is."""
    calls: list[dict[str, Any]] = []
    signer = _Signer(reply, voice)
    for part in reply.parts:
        if isinstance(part, Call):
            calls.append(signer.call(part))
            if voice.flavor.calls_together:
                continue
        if calls:
            yield calls
            calls = []
        match part:
            case Text() | Reasoning():
                yield from ([piece] for piece in signer.words(part))
            case StreamError():
                yield {"error": _stream_error(part)}
                return
            case Call() | Refusal():
                pass
            case Item(value):
                yield dict(value)
            case _:
                yield unsaid(part)
    if calls:
        yield calls


def _stream_error(part: StreamError) -> dict[str, Any]:
    status = part.type if part.type.isupper() else ERROR_WORDS.get(part.type, "INTERNAL")
    code = part.code if isinstance(part.code, int) else ERROR_CODES.get(status, 400)
    return error_of(code, part.message, status)


class _Signer:
    """Makes the parts of one answer and puts signatures where this model has them."""

    def __init__(self, reply: Reply, voice: Voice) -> None:
        self._voice = voice
        spoken = [part for part in reply.parts if isinstance(part, (Text, Reasoning))]
        self._last_text = next((part for part in reversed(spoken) if isinstance(part, Text)), None)
        self._last_thought = next((part for part in reversed(spoken) if isinstance(part, Reasoning)), None)
        self._signs_call = "calls" in voice.signs

    def call(self, call: Call) -> dict[str, Any]:
        call_id = (call.id or self._voice.new_call_id()) if self._voice.calls_named else None
        arguments = json.loads(call.arguments_json or "{}")
        function = {"name": call.name, "args": arguments} | ({} if call_id is None else {"id": call_id})
        part: dict[str, Any] = {"functionCall": function}
        if self._signs_call:
            self._signs_call = False
            part["thoughtSignature"] = self._voice.sign(replace(call, arguments=arguments), call_id)
        return part

    def words(self, words: Text | Reasoning) -> list[dict[str, Any]]:
        if isinstance(words, Reasoning):
            if not self._voice.thoughts_asked:
                return []
            signed = words is self._last_thought and "thoughts" in self._voice.signs
            parts: list[dict[str, Any]] = [
                {"text": piece, "thought": True} for piece in cut(words.text, words.sizes)
            ]
        else:
            signed = words is self._last_text and "texts" in self._voice.signs
            parts = [{"text": piece} for piece in cut(words.text, words.sizes)]
        if signed and parts:
            parts[-1]["thoughtSignature"] = self._voice.sign(None, None)
        return parts
