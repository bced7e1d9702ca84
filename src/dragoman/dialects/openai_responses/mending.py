"""What a refusal teaches about a server, its models and the account (spec/openai-responses.md sections 2, 4.4, 7, 14)."""

import re

from msgspec.structs import replace

from dragoman.dialects.dialect import Mended
from dragoman.dialects.openai_refusals import (
    EFFORT_REFUSALS,
    LIMIT_REFUSALS,
    TOOL_REFUSALS,
    Change,
    changed_quirks,
    marked,
    refused,
    row,
)
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

_STALE_REASONING = re.compile(
    r"invalid_encrypted_content|encrypted content .{0,120}could not be (?:verified|decrypted)"
    r"|item with id ['\"`]?rs_\S+ not found|items are not persisted"
    r"|without its required (?:following |['\"`]?reasoning['\"`]? )?item|required ['\"`]reasoning['\"`] item",
    re.IGNORECASE | re.DOTALL,
)
"""Refusals of reasoning in this one conversation; the next one's may be right."""


def _smaller_format(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"structured_output": "json_object" if quirks.structured_output == "json_schema" else "none"}


def _less_included(match: re.Match[str], quirks: Quirks) -> Change | None:
    """A search without its sources would be no search to the client."""
    return {"encrypted_reasoning": False} if quirks.encrypted_reasoning else {"web_search": False}


REFUSALS = (
    # Before all names that the list of known items in its words may hold.
    refused(r"additional_tools", {"additional_tools": False}),
    row(r"must be verified to generate reasoning summaries", {"reasoning_summaries": False}),
    refused(r"reasoning[._]summary", {"reasoning_summaries": False}),
    row(r"must be verified to stream", {"streaming": False}),
    refused(
        r"encrypted content is not supported|reasoning\.encrypted_content", {"encrypted_reasoning": False}
    ),
    *EFFORT_REFUSALS,
    refused(
        r"\breasoning(?:\.effort|_effort)?['\"`]", {"effort_style": "none", "reasoning_summaries": False}
    ),
    *LIMIT_REFUSALS,
    refused(r"(?:\btemperature\b|\btop_p\b)", {"sampling": False}),
    refused(r"prompt_cache_(?:breakpoint|options)", {"cache_breakpoints": False}),
    refused(r"prompt_cache_key", {"prompt_cache_key": False}),
    refused(r"safety_identifier", {"user_field": "none"}),
    refused(r"include_obfuscation|stream_options", {"include_obfuscation": False}),
    refused(r"\bphase\b", {"phases": False}),
    refused(r"\btruncation\b", {"truncation": False}),
    refused(r"service_tier", {"service_tiers": False}),
    refused(r"(?:tools\[\d+\].{0,40})?web_search", {"web_search": False}),
    *TOOL_REFUSALS,
    refused(r"text\.format|json_schema|json_object", _smaller_format),
    refused(r"\bdeveloper\b", {"system_role": "system"}),
    refused(r"input_file|\bfile_data\b", {"files": False}),
    row(r"does(?: not|n't) support (?:image|vision|multimodal)|support image input", {"images": False}),
    refused(r"input_image", {"images": False}),
    refused(marked("include"), _less_included),
    refused(marked("reasoning"), {"effort_style": "none", "reasoning_summaries": False}),
)
"""The first one that matches and does not decline decides."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    words = f"{failure.vendor_code}: {failure.vendor_message}"
    if failure.status in (400, 404) and _STALE_REASONING.search(words):
        return _without_reasoning(quirks)
    changed = changed_quirks(failure, REFUSALS, quirks)
    return None if changed is None else Mended(changed)


def _without_reasoning(quirks: Quirks) -> Mended | None:
    """All of it: what is left would stand without what it belongs to."""
    if quirks.reasoning_back == "never":
        return None
    return Mended(replace(quirks, reasoning_back="never"), lasting=False)
