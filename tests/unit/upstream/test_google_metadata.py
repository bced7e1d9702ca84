import time
from pathlib import Path

import pytest

from dragoman.upstream.google_metadata import ADDRESS, fetch
from dragoman.upstream.google_outcome import (
    NO_SERVICE_ACCOUNT,
    NONSENSE,
    NOT_FOUND,
    Fault,
    NoToken,
    refused,
)
from dragoman.wire.exchange import HttpRequest, ReplyHead

NOWHERE = Path("/does/not/exist")
GOOGLE = (("metadata-flavor", "Google"),)
ABSENT = (ReplyHead(404, GOOGLE), b"")
UNREACHABLE = Fault(529, "cannot be reached")
SILENT = Fault(504, "silent")


class Scripted:
    """Answers in turn; a Fault is raised."""

    def __init__(self, *answers: tuple[ReplyHead, bytes] | Fault) -> None:
        self._answers = list(answers)
        self.requests: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> tuple[ReplyHead, bytes]:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Fault):
            raise NoToken(answer)
        return answer


def said(body: bytes, status: int = 200) -> tuple[ReplyHead, bytes]:
    return ReplyHead(status, GOOGLE), body


def fault_of(ask: Scripted, product: Path = NOWHERE, **environ: str) -> Fault:
    with pytest.raises(NoToken) as caught:
        fetch(environ, ask, product)
    return caught.value.fault


def test_the_machines_own_token():
    ask = Scripted(ABSENT, said(b'{"access_token":"ya29.t","expires_in":100,"token_type":"Bearer"}'))
    granted = fetch({"GOOGLE_CLOUD_QUOTA_PROJECT": "payer"}, ask, NOWHERE)
    assert (granted.token.value, granted.token.quota_project) == ("ya29.t", "payer")
    assert granted.expires_at == pytest.approx(time.time() + 100, abs=5)
    assert granted.source == "the metadata server"
    [_, request] = ask.requests
    assert request.url == (
        f"http://{ADDRESS}/computeMetadata/v1/instance/service-accounts/default/token"
        "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
    )
    assert request.headers == (("metadata-flavor", "Google"),)


def test_another_host_can_be_named():
    ask = Scripted(said(b"googleapis.com"), said(b'{"access_token":"t","expires_in":1}'))
    fetch({"GCE_METADATA_HOST": "127.0.0.1:9"}, ask, NOWHERE)
    assert all(request.url.startswith("http://127.0.0.1:9/computeMetadata/v1/") for request in ask.requests)


@pytest.mark.parametrize("value", ["true", "True"])
def test_nobody_is_asked_where_the_user_forbade_it(value):
    ask = Scripted()
    assert fault_of(ask, NO_GCE_CHECK=value, GCE_METADATA_HOST="127.0.0.1:9") == NOT_FOUND
    assert ask.requests == []


def test_a_machine_that_is_not_googles_has_no_credentials():
    assert fault_of(Scripted(UNREACHABLE)) == NOT_FOUND
    assert fault_of(Scripted((ReplyHead(401, ()), b"another cloud's service"))) == NOT_FOUND


def test_an_outage_on_googles_machine_is_an_outage(tmp_path):
    product = tmp_path / "product_name"
    product.write_text("Google Compute Engine\n")
    assert fault_of(Scripted(UNREACHABLE), product) == UNREACHABLE
    assert fault_of(Scripted(UNREACHABLE), GCE_METADATA_HOST="127.0.0.1:9") == UNREACHABLE
    product.write_text("Some Laptop\n")
    assert fault_of(Scripted(UNREACHABLE), product) == NOT_FOUND
    assert fault_of(Scripted(SILENT)) == SILENT


def test_another_universe_is_named():
    fault = fault_of(Scripted(said(b"s3nsapis.fr")))
    assert fault.status == 501
    assert "`s3nsapis.fr`" in fault.message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(said(b"", 404), NO_SERVICE_ACCOUNT, id="no account"),
        pytest.param(said(b"no", 403), refused(None, False), id="forbidden"),
        pytest.param(said(b"<html>"), NONSENSE, id="no JSON"),
        pytest.param(said(b"[1]"), NONSENSE, id="no object"),
        pytest.param(said(b'{"access_token":"t"}'), NONSENSE, id="no end"),
        pytest.param(said(b'{"access_token":5,"expires_in":5}'), NONSENSE, id="no text"),
    ],
)
def test_what_is_no_token_is_told_apart(answer, expected):
    assert fault_of(Scripted(ABSENT, answer)) == expected


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_out_of_order_may_be_asked_again(status):
    fault = fault_of(Scripted(ABSENT, said(b"secret words", status)))
    assert (fault.status, "secret" in fault.message) == (529, False)
