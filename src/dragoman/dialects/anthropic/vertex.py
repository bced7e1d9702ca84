"""Paths and headers of Claude on Vertex AI (spec/vertex.md sections 1 and 4)."""

from dragoman.dialects.anthropic.request import forwarded_headers
from dragoman.dialects.anthropic.vertex_body import write_count_body, write_message_body
from dragoman.dialects.anthropic.vertex_rules import (
    applied_pairs,
    asked_betas,
    lacks_long_context,
    pair_of_beta,
)
from dragoman.dialects.dialect import Loss, Written
from dragoman.dialects.model_segment import model_segment
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import Headers

COUNT_PATH = "/models/count-tokens:rawPredict"

_FORWARDED = frozenset({"content-type", "accept", "user-agent", "anthropic-user-profile-id"})
_FORWARDED_PREFIX = "x-stainless-"


def write_request(request: MessagesRequest, model: str, quirks: Quirks) -> Written:
    """A message. Raises ApiError 400 for what Vertex AI cannot do."""
    losses: list[Loss] = []
    path = f"/models/{model_segment(model)}:{'streamRawPredict' if request.stream else 'rawPredict'}"
    body = write_message_body(request, quirks, losses)
    betas = _betas(request.headers, model, quirks, losses)
    return Written(
        path=path,
        body=body,
        headers=(*_headers(request.headers, losses), *((("anthropic-beta", betas),) if betas else ())),
        losses=tuple(losses),
        streaming=request.stream,
    )


def write_count(request: MessagesRequest, model: str, quirks: Quirks) -> Written:
    """A token count. It needs no beta, and refuses many that a message may have (acceptance case 19)."""
    model_segment(model)
    losses: list[Loss] = []
    body = write_count_body(request, model, quirks, losses)
    return Written(
        path=COUNT_PATH,
        body=body,
        headers=_headers(request.headers, losses),
        losses=tuple(losses),
        streaming=False,
    )


def _headers(client_headers: Headers, losses: list[Loss]) -> Headers:
    kept = forwarded_headers(client_headers)
    if any(name == "anthropic-workspace-id" for name, _ in kept):
        losses.append(Loss("anthropic-workspace-id", "dropped", "Vertex AI knows no workspaces"))
    return tuple(
        (name, value) for name, value in kept if name in _FORWARDED or name.startswith(_FORWARDED_PREFIX)
    )


def _betas(client_headers: Headers, model: str, quirks: Quirks, losses: list[Loss]) -> str:
    """The value of `anthropic-beta`, empty if none is left.

    A value without its use in the body is no loss; one that was refused, or that the model refuses, is.
    """
    asked = asked_betas(client_headers)
    pairs = applied_pairs(quirks, asked)
    kept: list[str] = []
    for beta in asked:
        pair = pair_of_beta(beta)
        refused = beta in quirks.refused_betas
        if pair is not None and (pair in pairs or (refused and pair.header_alone)):
            continue
        if refused or lacks_long_context(beta, model):
            losses.append(Loss(f"anthropic-beta.{beta}", "dropped", "the model refuses it"))
        else:
            kept.append(beta)
    return ",".join(kept)
