"""Only names that need no name server: the tests have none."""

import pytest

from dragoman.upstream.host_names import SystemNames
from dragoman.upstream.public_addresses import is_public


async def test_all_addresses_of_a_name_are_told_once():
    names = SystemNames()
    found = await names("localhost")
    names.close()
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0


async def test_a_zone_stays_with_its_address():
    names = SystemNames()
    [found] = await names("fe80::1%1")
    names.close()
    assert found.startswith("fe80::1%")
    assert not is_public(found)


@pytest.mark.parametrize("host", ["a" * 70 + ".com", "a..com", "\udc80.com"])
async def test_what_cannot_be_a_name_is_not_found(host):
    names = SystemNames()
    with pytest.raises(OSError, match="no name"):
        await names(host)
    names.close()


async def test_after_its_end_nothing_is_resolved():
    names = SystemNames()
    names.close()
    with pytest.raises(RuntimeError):
        await names("localhost")
