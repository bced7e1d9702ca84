import pytest

from dragoman.dialects.dialect import Written
from dragoman.messages.errors import ApiError
from dragoman.relay.addressing import (
    access_token,
    account_of,
    address,
    origin_of,
    without_credential,
)
from dragoman.relay.ports import AccessToken
from tests.support.ports import Bench, FakeTokens, FakeUpstream, target

WRITTEN = Written("/say", b"{}")
VERTEX = {
    "access": "vertex",
    "base_url": "https://vertex.test/locations/l",
    "credential": "",
    "credential_required": False,
}


def test_missing_credential_is_a_401_that_names_the_setting():
    with pytest.raises(ApiError, match="no credential for `somewhere`: set SOMEWHERE_API_KEY") as caught:
        address(target(credential=""), WRITTEN, ())
    assert (caught.value.status, caught.value.headers) == (401, (("x-should-retry", "false"),))


def test_credential_of_the_channel_goes_out_and_the_clients_does_not():
    request = address(target(), WRITTEN, (("x-api-key", "test-key-client"),))
    sent = dict(request.headers)
    assert sent["authorization"] == "Bearer test-key-upstream"
    assert "x-api-key" not in sent


def test_credential_of_the_client_goes_out_where_that_is_configured():
    channel = target("anthropic", credential="", passthrough_credentials=True)
    request = address(channel, WRITTEN, (("authorization", "Bearer test-token-client"),))
    assert dict(request.headers)["authorization"] == "Bearer test-token-client"


def test_channel_that_needs_no_credential_is_asked_without_one():
    request = address(target(credential="", credential_required=False), WRITTEN, ())
    assert request.url == "https://upstream.test/say"
    assert not {"authorization", "x-api-key"} & {name for name, _ in request.headers}


def test_token_goes_out_in_place_of_a_key():
    request = address(target("gemini", **VERTEX), WRITTEN, (), AccessToken("test-token", "payer"))
    assert request.url == "https://vertex.test/locations/l/publishers/google/say"
    sent = dict(request.headers)
    assert (sent["authorization"], sent["x-goog-user-project"]) == ("Bearer test-token", "payer")


async def test_only_vertex_is_asked_with_a_token():
    bench = Bench(FakeUpstream(), tokens=FakeTokens())
    assert await access_token(bench.gateway, target().channel) is None
    assert await access_token(bench.gateway, target(**VERTEX).channel) == AccessToken("test-token-1")


async def test_vertex_without_its_settings_names_the_one_that_is_missing():
    """E11"""
    unset = target("gemini", access="vertex", base_url="", credential="", credential_setting="VERTEX_PROJECT")
    bench = Bench(FakeUpstream(), unset)
    assert await access_token(bench.gateway, unset.channel) is None
    with pytest.raises(ApiError, match="set VERTEX_PROJECT") as caught:
        address(unset, WRITTEN, ())
    assert caught.value.status == 401


def test_account_tells_endpoints_and_keys_apart_and_shows_neither():
    here = account_of(target().channel)
    assert here == account_of(target(name="other").channel)
    others = {
        account_of(target(credential="test-other").channel),
        account_of(target(base_url="https://b.test").channel),
    }
    assert len({here, *others}) == 3
    assert len(here) == 8


def test_origin_is_the_account_and_what_earlier_answers_left():
    bench = Bench(FakeUpstream())
    bench.kept.keep({"toolu_1": "sealed"})
    origin = origin_of(bench.gateway, bench.target)
    assert origin.account == account_of(bench.target.channel)
    assert (origin.kept("toolu_1"), origin.kept("toolu_2")) == ("sealed", None)


def test_error_is_shown_without_the_credential_that_it_quotes():
    error = ApiError(
        400, "bad test-key-upstream", headers=(("x-key", "test-key-upstream"),), body=b"test-key-upstream!"
    )
    shown = without_credential(error, "test-key-upstream")
    assert (shown.message, shown.headers, shown.body) == ("bad ***", (), b"***!")
    assert without_credential(ApiError(400, "fine"), "").message == "fine"
