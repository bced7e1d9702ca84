"""What only Gemini says, as parts and replies of a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.gemini_refusal import TYPE
from tests.support.replies import Failure, Item, Part, Reply, reply


@dataclass(frozen=True, kw_only=True)
class GoogleFailure(Failure):
    """A failure with `details`; `type` is the status in capitals."""

    details: tuple[Mapping[str, Any], ...] = ()


def exhausted(
    message: str = "You exceeded your current quota, please check your plan and billing details.",
    *,
    delay: str | None = None,
    quota: str | None = None,
) -> Reply:
    """A 429: `delay` is such as `34.07s`, `quota` the id of the quota that is used up."""
    details: list[Mapping[str, Any]] = []
    if quota is not None:
        details.append({"@type": f"{TYPE}QuotaFailure", "violations": [{"quotaId": quota}]})
    if delay is not None:
        details.append({"@type": f"{TYPE}RetryInfo", "retryDelay": delay})
    return Reply(failure=GoogleFailure(status=429, message=message, details=tuple(details)))


def blocked(reason: str = "PROHIBITED_CONTENT", message: str | None = None) -> Reply:
    """The prompt is blocked: feedback and no candidates."""
    told = {"blockReason": reason} | ({} if message is None else {"blockReasonMessage": message})
    usage = {"promptTokenCount": 7, "totalTokenCount": 7}
    return Reply(parts=(Item({"promptFeedback": told, "usageMetadata": usage}),), finishes=False)


def continued(*parts: Part | str, **fields: Any) -> Reply:
    """A reply that stops at the limit of one request and goes on in the next."""
    return reply(*parts, finish="CONTINUATION", **fields)


def checkpoint(token: str) -> Item:
    """A chunk within a reply with a token that generation can go on from, should the connection break."""
    return candidate_item(continuationToken=token)


def candidate_item(**fields: Any) -> Item:
    """A chunk with these fields of the candidate, such as `groundingMetadata` or `content`."""
    return Item({"candidates": [{"index": 0, **fields}]})


def part_item(*parts: Mapping[str, Any]) -> Item:
    """A chunk with these parts in the vendor's own words."""
    return candidate_item(content={"parts": [dict(part) for part in parts], "role": "model"})


def searched(
    queries: Sequence[str],
    sources: Sequence[tuple[str, str]] = (),
    supports: Sequence[tuple[int, int, str, Sequence[int]]] = (),
) -> Item:
    """What a search found: sources as (url, title); supports as (start and end in bytes, text, indices of sources)."""
    metadata: dict[str, Any] = {
        "webSearchQueries": list(queries),
        "groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in sources],
        "groundingSupports": [
            {
                "segment": {"startIndex": start, "endIndex": end, "text": text},
                "groundingChunkIndices": list(chunks),
            }
            for start, end, text, chunks in supports
        ],
        "searchEntryPoint": {"renderedContent": "<div>Search</div>"},
    }
    return candidate_item(groundingMetadata=metadata)


def fetched(*pages: tuple[str, str]) -> Item:
    """What urlContext read: (url, status), a status being such as SUCCESS or PAYWALL."""
    urls = [
        {"retrievedUrl": url, "urlRetrievalStatus": f"URL_RETRIEVAL_STATUS_{status}"} for url, status in pages
    ]
    return candidate_item(urlContextMetadata={"urlMetadata": urls})


def ran_code(code: str, output: str, outcome: str = "OUTCOME_OK") -> Item:
    """Code that Google ran and what it printed."""
    return part_item(
        {"executableCode": {"language": "PYTHON", "code": code}},
        {"codeExecutionResult": {"outcome": outcome, "output": output}},
    )
