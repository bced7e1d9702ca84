"""How a reply of Gemini's ended, and what follows from it (spec/gemini.md sections 8.1, 8.2 and 9)."""

from typing import Literal

import msgspec

from dragoman.dialects.gemini.shapes import Candidate, PromptFeedback
from dragoman.dialects.google_envelope import clean_message
from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense

MOST_AGAIN = 2
"""How often a malformed call is asked for anew; everything else once."""

REFUSALS = frozenset(
    {
        "SAFETY",
        "PROHIBITED_CONTENT",
        "BLOCKLIST",
        "SPII",
        "RECITATION",
        "LANGUAGE",
        "MODEL_ARMOR",
        "ESCALATION",
    }
    | {"PUP_LIMITED_DISABLED", "NO_IMAGE"}
    | {"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_OTHER", "IMAGE_RECITATION"}
)
MALFORMED = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"})

CUT = "the upstream closed the stream before the answer was complete"

MISSING_SIGNATURE = "MISSING_THOUGHT_SIGNATURE"

_CALL_AGAIN = (
    "Your last tool call was malformed. Call the tool again, with its exact name and with arguments that match its "
    "schema."
)
_GO_ON = "Please continue."


class Hop(msgspec.Struct):
    """What one request of an answer has told."""

    chunks: int = 0
    candidates: int = 0
    parts: int = 0
    """Those that say something."""
    finish_reason: str | None = None
    finish_message: str = ""
    """Google's words, fit for the client and the log."""
    token: str | None = None
    """Where to go on after CONTINUATION."""
    blocked: str = ""
    """Why the prompt was not answered at all."""

    @property
    def was_cut(self) -> bool:
        """An answer began and did not come to its end."""
        return bool(self.candidates) and self.finish_reason is None and not self.blocked

    def note(self, candidate: Candidate) -> None:
        """What a candidate tells of the answer's end."""
        self.candidates += 1
        if candidate.continuationToken:
            self.token = candidate.continuationToken
        if candidate.finishReason:
            self.finish_reason = clean_message(candidate.finishReason)
            self.finish_message = clean_message(candidate.finishMessage or "")

    def note_feedback(self, feedback: PromptFeedback | None) -> None:
        """Why the prompt was not answered, if it was not."""
        if feedback is not None and feedback.blockReason:
            self.blocked = clean_message(feedback.blockReason)
            self.finish_message = clean_message(feedback.blockReasonMessage or "")


class Verdict(msgspec.Struct, frozen=True):
    """What is to be done after a reply."""

    what: Literal["end", "again", "go_on"]
    stop_reason: str = ""
    note: str = ""
    """Text for the client, or to the model where it is asked again."""
    details: str | None = None
    """The explanation of a refusal."""


def conclude(hop: Hop, *, said: bool, called: bool, searched: bool, tries: int) -> Verdict:
    """What follows from a reply that came to its end. `tries`: how often this answer was asked for anew.

    `said`: text or a call; `called`: a call that the client runs. Raises UpstreamFailure for what is no ending.
    """
    if hop.blocked:
        return _refusal(f"Prompt blocked by Gemini: {hop.blocked}", hop.finish_message)
    if hop.finish_reason is None:
        return _without_reason(hop, said, tries)
    if hop.finish_reason == "CONTINUATION":
        return Verdict("go_on")
    if called:
        return Verdict("end", "tool_use")
    if hop.finish_reason == "MAX_TOKENS":
        return Verdict("end", "max_tokens")
    if hop.finish_reason == "TOO_MANY_TOOL_CALLS":
        return Verdict("end", "pause_turn" if searched else "end_turn")
    return _by_reason(hop, hop.finish_reason, said, tries)


def _by_reason(hop: Hop, reason: str, said: bool, tries: int) -> Verdict:
    if reason in REFUSALS:
        if reason == "RECITATION" and not said and not tries:
            return Verdict("again")
        return _refusal(f"Blocked by Gemini: {reason}", hop.finish_message)
    if reason in MALFORMED:
        return _ask_again(hop, said, tries, MOST_AGAIN, _CALL_AGAIN)
    if reason == MISSING_SIGNATURE:
        raise _failure(reason, hop.finish_message or "a function call has no thought signature", 400)
    if said or (reason == "STOP" and tries):
        return Verdict("end", "end_turn")
    return _ask_again(hop, said, tries, 1, _GO_ON if reason == "STOP" else "")


def _without_reason(hop: Hop, said: bool, tries: int) -> Verdict:
    if hop.was_cut or said:
        raise UpstreamNonsense(CUT)
    return _ask_again(hop, said, tries, 1, "")


def _ask_again(hop: Hop, said: bool, tries: int, most: int, note: str) -> Verdict:
    if not said and tries < most:
        return Verdict("again", note=note)
    reason = hop.finish_reason or "no answer at all"
    told = f" ({hop.finish_message})" if hop.finish_message else ""
    raise _failure(reason, f"the answer ended with {reason}{told}", 529)


def _failure(code: str, message: str, status: int) -> UpstreamFailure:
    return UpstreamFailure(
        "overloaded" if status == 529 else "refused",
        ApiError(status, f"Gemini: {message}"),
        status=status,
        vendor_code=code,
        vendor_message=message,
    )


def _refusal(why: str, message: str) -> Verdict:
    told = f"{why} — {message}" if message else why
    return Verdict("end", "refusal", f"[{told}]", told)
