"""Envelopes in few words: by default of an account and a family without a name, sealed by a gateway without a secret."""

import base64
import json
import zlib
from typing import Any

from dragoman.messages.envelope import EnvelopeOpener, Opened, Seal


def seal(
    dialect: str,
    payload: dict[str, Any],
    *,
    account: str = "",
    family: str = "",
    key: bytes = b"",
    raw: str = "",
) -> str:
    """A signature as clients bring it back."""
    return Seal(dialect, account, family, key).close(payload, raw)


def opened(
    signature: str, dialect: str, *, account: str = "", family: str = "", key: bytes = b""
) -> dict[str, Any] | None:
    """What the dialect finds in it: the payload, or None."""
    whole = opened_whole(signature, dialect, account=account, family=family, key=key)
    return None if whole is None else whole.payload


def opened_whole(
    signature: str, dialect: str, *, account: str = "", family: str = "", key: bytes = b""
) -> Opened | None:
    """The same with the raw part."""
    return EnvelopeOpener(Seal(dialect, account, family, key)).open(signature)


def whose(signature: str) -> tuple[str, str]:
    """The account and the family that an envelope names, unchecked."""
    packed = signature.split(".")[2]
    account, family, _ = json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "==")))
    return account, family


def damaged(envelope: str) -> list[str]:
    """The envelope as transport, an older or a newer gateway could have left it: none of these may open."""
    return [
        envelope[:-1],
        envelope[:40],
        envelope.replace("..", ".x."),
        envelope.replace("dgm2", "dgm1"),
        envelope.replace("dgm2", "dgm3"),
    ]
