"""`dragoman explain`: where a request would go, why, and what its upstream would be asked. Nothing is sent."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.cli.exit_codes import DONE, FAILED, bad_settings, refused
from dragoman.cli.map_view import obstacle
from dragoman.cli.say import table
from dragoman.config.build import build_model_map
from dragoman.config.dialects import build_dialects
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.seal_key import seal_key
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.dialects.dialect import Dialect, Loss, Origin, Written
from dragoman.emulation.emulation import Emulation
from dragoman.messages.errors import ApiError, invalid_request
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import url_sources
from dragoman.relay.addressing import account_of, address
from dragoman.relay.ports import AccessToken
from dragoman.routing.channel import Target
from dragoman.routing.plan import plan
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.redact import SecretScrubber

QUESTION: dict[str, Any] = {
    "max_tokens": 1024,
    "stream": True,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
"""What is asked where no body is given."""

_PROOFS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key"})


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one request."""

    target: Target
    losses: tuple[Loss, ...]
    request: HttpRequest
    """Without credentials."""
    notes: tuple[str, ...]
    """What else happens to it, one sentence each."""


def run_explain(
    environ: Mapping[str, str], env_file: Path, model: str, body_file: Path | None, *, as_json: bool
) -> int:
    """Print the explanation. Gives the exit code: 1 for a request that the gateway itself would refuse."""
    try:
        settings = load_settings(environ, env_file)
        given = None if body_file is None else body_file.read_bytes()
        explanation = explain(settings, model, given)
    except ConfigError as fault:
        return bad_settings(fault, as_json=as_json)
    except ApiError as refusal:
        return refused(FAILED, [f"{refusal.status}: {refusal.message}"], as_json=as_json)
    except OSError as failure:
        return refused(FAILED, [f"{body_file}: {failure.strerror}"], as_json=as_json)
    scrubber = SecretScrubber(settings.secrets())
    data = explanation_as_data(explanation, model)
    if as_json:
        sys.stdout.write(scrubber.scrub_bytes(encode(data)).decode() + "\n")
    else:
        for line in explanation_lines(data):
            print(scrubber.scrub_bytes(line.encode("utf-8", "replace")).decode())
    return DONE


def explain(settings: Settings, model: str, body: bytes | None = None) -> Explanation:
    """As the gateway would route and write a request for `model`; quirks that only refusals teach are not known here.
    Raises ConfigError, and ApiError for what the gateway would refuse."""
    model_map = build_model_map(settings, utc_today())
    request = _asked(model, body)
    target = plan(request.model, model_map).targets[0]
    dialect = build_dialects(settings)[target.channel.dialect]
    origin = Origin(account_of(target.channel), seal_key=seal_key(settings))
    emulation = Emulation(request, dialect, target.quirks)
    written = dialect.write_request(emulation.request, target.model, target.quirks, origin)
    losses = emulation.losses + written.losses
    return Explanation(
        target=target,
        losses=losses,
        request=_without_proof(target, written),
        notes=tuple(_notes(settings, request, target, dialect, emulation, written, losses)),
    )


def _asked(model: str, body: bytes | None) -> MessagesRequest:
    """Raises ApiError for a body that is no request of the Messages API."""
    fields = dict(QUESTION)
    if body is not None:
        try:
            given: Any = decode(body)
        except JsonError as fault:
            raise invalid_request(f"The request body is not valid JSON: {fault}") from None
        if not isinstance(given, dict):
            raise invalid_request("The request body is not valid: Input should be an object")
        fields = dict[str, Any](given)  # pyright: ignore[reportUnknownArgumentType]
    return parse_request(encode({**fields, "model": model}), ())


def _without_proof(target: Target, written: Written) -> HttpRequest:
    """Addressed without any credential, so that there is none to be shown."""
    channel = replace(target.channel, credential="", credential_required=False, passthrough_credentials=False)
    token = AccessToken("") if channel.access == "vertex" and channel.base_url else None
    request = address(replace(target, channel=channel), written, (), token)
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0] not in _PROOFS))


def _notes(
    settings: Settings,
    request: MessagesRequest,
    target: Target,
    dialect: Dialect,
    emulation: Emulation,
    written: Written,
    losses: tuple[Loss, ...],
) -> list[str]:
    notes: list[str] = []
    if hindrance := obstacle(target):
        notes.append(f"cannot be sent: {hindrance}")
    if settings.dragoman_strict and losses:
        notes.append(f"refused with 400: DRAGOMAN_STRICT=true, and {losses[0].field} would be lost")
    if written.empty_answer:
        notes.append("answered without the upstream: nothing is to be generated")
    if target.channel.passthrough_credentials:
        notes.append("the client's own credential goes upstream")
    if emulation.runs_tools:
        notes.append("the gateway runs server tools: further requests may follow within the same answer")
    if settings.fetch_urls:
        places = [place.path for place in url_sources(request)]
        taken = [
            place.path for place in url_sources(request) if dialect.takes_urls(place.medium, target.quirks)
        ]
        if fetched := [path for path in places if path not in taken]:
            notes.append(f"fetched first, and sent as bytes: {', '.join(fetched)}")
    return notes


def explanation_as_data(explanation: Explanation, requested: str) -> dict[str, Any]:
    """What `--json` prints."""
    target, request = explanation.target, explanation.request
    return {
        "requested": requested,
        "model": target.model,
        "channel": target.channel.name,
        "dialect": target.channel.dialect,
        "why": target.why,
        "notes": list(explanation.notes),
        "losses": [{"field": loss.field, "what": loss.what, "why": loss.why} for loss in explanation.losses],
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.headers),
            "body": decode(request.body) if request.body else None,
        },
    }


def explanation_lines(data: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    request = data["request"]
    losses = [(loss["field"], loss["what"], loss["why"]) for loss in data["losses"]]
    body = msgspec.json.format(encode(request["body"]), indent=2).decode()
    return [
        "Route:",
        *table(
            [
                ("requested", data["requested"]),
                ("model", data["model"]),
                ("channel", f"{data['channel']} ({data['dialect']})"),
                ("why", data["why"]),
            ]
        ),
        *(f"  ! {note}" for note in data["notes"]),
        "",
        "Losses:",
        *(table(losses) if losses else ["  none"]),
        "",
        "Request, without its credential:",
        f"  {request['method']} {request['url']}",
        *(f"  {name}: {value}" for name, value in request["headers"].items()),
        "",
        *body.splitlines(),
    ]
