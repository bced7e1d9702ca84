import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from dragoman.messages.errors import UpstreamNonsense
from dragoman.upstream.failures import read_failure

KEY = ConnectionKey("api.vendor.test", 443, True, True, None, None, None)
REQUEST = aiohttp.RequestInfo("https://api.vendor.test/v1?key=test-key-secret", "POST", {}, "")
REFUSED = OSError(111, "refused")

CASES = [
    (
        aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("x")),
        "unreachable",
        502,
        "certificate",
    ),
    (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "x")), "unreachable", 502, "certificate"),
    (aiohttp.ConnectionTimeoutError("x"), "unreachable", 504, "did not accept a connection in time"),
    (aiohttp.ClientConnectorDNSError(KEY, REFUSED), "unreachable", 502, "could not be resolved"),
    (aiohttp.ClientConnectorError(KEY, REFUSED), "unreachable", 502, "could not connect"),
    (aiohttp.SocketTimeoutError("x"), "broke_midway", 504, "silent for too long"),
    (aiohttp.ServerDisconnectedError("x"), "unreachable", 502, "without an answer"),
    (aiohttp.ClientPayloadError("x"), "broke_midway", 502, "broke off"),
    (aiohttp.ClientResponseError(REQUEST, ()), "unreachable", 502, "not HTTP"),
    (aiohttp.ClientOSError(104, "reset"), "broke_midway", 502, "was lost"),
    (ConnectionResetError("x"), "broke_midway", 502, "was lost"),
    (TimeoutError(), "broke_midway", 502, "was lost"),
]


@pytest.mark.parametrize(
    ("error", "kind", "status", "wording"), CASES, ids=lambda value: type(value).__name__
)
def test_every_error_of_the_client_has_a_meaning(error, kind, status, wording):
    failure = read_failure(error, "api.vendor.test")
    assert (failure.kind, failure.error.status) == (kind, status)
    assert "`api.vendor.test`" in failure.error.message
    assert wording in failure.error.message


@pytest.mark.parametrize("error", [case[0] for case in CASES], ids=lambda value: type(value).__name__)
def test_no_message_shows_a_url_or_a_key(error):
    message = read_failure(error, "api.vendor.test").error.message
    assert not any(secret in message for secret in ("test-key", "https:", "/v1"))


@pytest.mark.parametrize("error", [aiohttp.ClientPayloadError("x"), aiohttp.ClientResponseError(REQUEST, ())])
def test_broken_http_is_the_upstreams_nonsense(error):
    assert isinstance(read_failure(error, "api.vendor.test"), UpstreamNonsense)


@pytest.mark.parametrize("status", [502, 504])
def test_types_of_the_errors_are_those_of_their_status(status):
    error = next(e for e, _, s, _ in CASES if s == status)
    assert read_failure(error, "h").error.type == {502: "api_error", 504: "timeout_error"}[status]
