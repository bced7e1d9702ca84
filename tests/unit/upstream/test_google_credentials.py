import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.google_credentials import fetch, gcloud_file
from dragoman.upstream.google_http import BlockingHttp
from dragoman.upstream.google_outcome import LOGIN, NONSENSE, NOT_FOUND, CredentialsFile, Fault, NoToken
from tests.support.google_identity import Rerouted, ScriptedIdentity, authorized_user, new_key, written
from tests.support.http_answer import json_answer
from tests.support.python_process import run_python

SETTING = "VERTEX_CREDENTIALS_PATH"
ADC = "application_default_credentials.json"
OFFLINE = {"NO_GCE_CHECK": "true", "HOME": "/does/not/exist"}


class Bench:
    """A scripted Google, and one attempt at a time to get a token of it."""

    def __init__(self, google: ScriptedIdentity, http: BlockingHttp, folder: Path) -> None:
        self.google = google
        self.folder = folder
        self._http = http

    def named(self, content: Mapping[str, Any] | str, setting: str = SETTING) -> CredentialsFile:
        return CredentialsFile(written(self.folder, content), setting)

    async def grant(self, named: CredentialsFile | None, environ: Mapping[str, str] = OFFLINE):
        return await asyncio.to_thread(fetch, named, environ, self._http)

    async def fault(self, named: CredentialsFile | None, environ: Mapping[str, str] = OFFLINE) -> Fault:
        with pytest.raises(NoToken) as caught:
            await self.grant(named, environ)
        fault = caught.value.fault
        for secret in (
            str(self.folder),
            "PRIVATE KEY",
            "test-secret",
            "test-refresh-token",
            "test description",
        ):
            assert secret not in fault.message
        return fault


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    async with ScriptedIdentity() as google, HttpUpstream() as upstream:
        yield Bench(google, BlockingHttp(Rerouted(upstream, google), 5), tmp_path)


async def test_a_service_accounts_key_gives_a_token(bench):
    """E14 V04"""
    granted = await bench.grant(bench.named(bench.google.service_account()))
    assert (granted.token.value, granted.token.quota_project) == ("ya29.test-token-1", None)
    assert granted.expires_at == pytest.approx(time.time() + 3600, abs=10)
    assert granted.source == "the file that VERTEX_CREDENTIALS_PATH names"


async def test_a_persons_login_gives_a_token(bench):
    """E13 V03"""
    written(bench.folder, authorized_user(quota_project_id="payer"), f".config/gcloud/{ADC}")
    granted = await bench.grant(None, {"HOME": str(bench.folder), "NO_GCE_CHECK": "true"})
    assert (granted.token.value, granted.token.quota_project) == ("ya29.test-token-1", "payer")
    assert granted.source == "gcloud's application default credentials"


async def test_the_machines_account_comes_last(bench):
    environ = {"HOME": str(bench.folder), "GCE_METADATA_HOST": bench.google.host}
    assert (await bench.grant(None, environ)).source == "the metadata server"
    written(bench.folder, authorized_user(), f"sdk/{ADC}")
    environ["CLOUDSDK_CONFIG"] = str(bench.folder / "sdk")
    assert (await bench.grant(None, environ)).source == "gcloud's application default credentials"
    named = bench.named(bench.google.service_account(), "GOOGLE_APPLICATION_CREDENTIALS")
    assert (await bench.grant(named, environ)).source == "the file that GOOGLE_APPLICATION_CREDENTIALS names"


def test_gclouds_own_folder_beats_the_home_directory(tmp_path):
    written(tmp_path, "{}", f".config/gcloud/{ADC}")
    sdk = {"HOME": str(tmp_path), "CLOUDSDK_CONFIG": str(tmp_path / "sdk")}
    assert gcloud_file(sdk) is None
    assert gcloud_file({"HOME": str(tmp_path)}) == CredentialsFile(tmp_path / ".config/gcloud" / ADC)
    path = written(tmp_path, "{}", f"sdk/{ADC}")
    assert gcloud_file(sdk) == CredentialsFile(path)


async def test_who_pays_can_be_said_by_the_environment(bench):
    named = bench.named(authorized_user(quota_project_id="payer"))
    granted = await bench.grant(named, OFFLINE | {"GOOGLE_CLOUD_QUOTA_PROJECT": "other"})
    assert granted.token.quota_project == "other"


async def test_a_new_login_counts_at_once(bench):
    fault = await bench.fault(bench.named(authorized_user(refresh_token="revoked")))
    assert (fault.status, LOGIN in fault.message) == (403, True)
    assert (await bench.grant(bench.named(authorized_user()))).token.value == "ya29.test-token-1"


async def test_without_any_credentials_the_ways_to_get_some_are_named(bench):
    """V10"""
    assert await bench.fault(None) == NOT_FOUND


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="no type"),
        pytest.param({"type": ["service_account"]}, id="a strange type"),
        pytest.param({"type": "gdch_service_account"}, id="another cloud"),
        pytest.param({"type": "service_account"}, id="nothing but the type"),
        pytest.param({"type": "authorized_user", "client_id": "x"}, id="half a login"),
        pytest.param({"type": "external_account"}, id="half a federation"),
        pytest.param({"type": "external_account_authorized_user"}, id="half a workforce"),
        pytest.param({"type": "impersonated_service_account"}, id="half an impersonation"),
    ],
)
async def test_what_is_no_credentials_file_is_named_by_its_setting(bench, content):
    """E14"""
    fault = await bench.fault(bench.named(content))
    assert fault.status == 401
    assert "VERTEX_CREDENTIALS_PATH" in fault.message
    gclouds = await bench.fault(bench.named(content, ""))
    assert (gclouds.status, LOGIN in gclouds.message) == (401, True)


@pytest.mark.parametrize("key", ["", "garbage", 5, None])
async def test_a_key_that_cannot_be_read_is_a_fault_of_the_file(bench, key):
    named = bench.named(bench.google.service_account(private_key=key))
    assert (await bench.fault(named)).status == 401


async def test_a_key_of_another_kind_is_a_fault_of_the_file(bench):
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert (
        await bench.fault(bench.named(bench.google.service_account(private_key=pem.decode())))
    ).status == 401


async def test_a_file_that_cannot_be_read_is_named_by_its_setting(bench):
    for path in (bench.folder / "missing.json", bench.folder):
        fault = await bench.fault(CredentialsFile(path, SETTING))
        assert fault.status == 401
        assert "VERTEX_CREDENTIALS_PATH names does not exist" in fault.message
    if os.geteuid() != 0:
        named = bench.named("{}")
        named.path.chmod(0)
        assert "cannot be read" in (await bench.fault(named)).message


async def test_a_revoked_key_is_refused_with_what_helps(bench):
    bench.google.key = new_key()
    content = bench.google.service_account()
    bench.google.key = new_key()
    fault = await bench.fault(bench.named(content))
    assert fault.status == 403
    for word in ("(invalid_grant)", "not yours", "VERTEX_CREDENTIALS_PATH", LOGIN):
        assert word in fault.message


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
async def test_an_endpoint_out_of_order_is_asked_once(bench, status):
    bench.google.fail("test description", status)
    fault = await bench.fault(bench.named(bench.google.service_account()))
    assert (fault.status, len(bench.google.requests)) == (529, 1)


@pytest.mark.parametrize("status", [200, 302, 404])
async def test_a_log_in_page_in_between_is_no_refusal(bench, status):
    bench.google.fail_with_html(status)
    assert await bench.fault(bench.named(bench.google.service_account())) == NONSENSE


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"access_token": 5, "expires_in": 5},
        {"access_token": "two words", "expires_in": 5},
        {"access_token": "t", "expires_in": "soon"},
        {"access_token": "t", "expires_in": 1e300},
    ],
)
async def test_what_is_no_token_is_not_handed_out(bench, body):
    bench.google.failure = json_answer(body)
    assert await bench.fault(bench.named(bench.google.service_account())) == NONSENSE


async def test_a_strange_code_is_not_repeated(bench):
    bench.google.fail("<script>/secret</script> and more")
    assert "script" not in (await bench.fault(bench.named(bench.google.service_account()))).message
    bench.google.failure = json_answer({"error": {"message": "test description"}}, 403)
    assert (await bench.fault(bench.named(bench.google.service_account()))).status == 403


async def test_another_universe_is_refused_before_anybody_is_asked(bench):
    fault = await bench.fault(bench.named(bench.google.service_account(universe_domain="s3nsapis.fr")))
    assert (fault.status, bench.google.requests) == (501, [])


async def test_a_workload_of_another_cloud_exchanges_its_token(bench):
    """Without `requests` and without asking for a project."""
    subject = written(bench.folder, "subject-token", "subject")
    bench.google.failure = json_answer({"error": "invalid_client"}, 400)
    content = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{bench.google.url}/token",
        "credential_source": {"file": str(subject)},
    }
    fault = await bench.fault(bench.named(content))
    assert (fault.status, len(bench.google.requests)) == (403, 1)
    bench.google.failure = json_answer(
        {
            "access_token": "ya29.federated",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 3600,
        }
    )
    assert (await bench.grant(bench.named(content))).token.value == "ya29.federated"
    assert b"subject-token" in bench.google.requests[-1].body


def test_the_app_starts_without_googles_library():
    code = (
        "import sys, dragoman.app\n"
        "found = [name for name in sys.modules if name.partition('.')[0] in ('google', 'cryptography')]\n"
        "assert not found, found\n"
    )
    run_python("-c", code)
