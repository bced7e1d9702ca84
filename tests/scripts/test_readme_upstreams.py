"""scripts/readme_upstreams.py: which scripted upstream stands for which channel of a page."""

import pytest
from scripts.readme_upstreams import models_asked, upstreams

COMMANDS = [
    'curl x -d \'{"model": "anthropic/claude-3-opus:second"}\'',
    'curl x -d \'{"model": "openai/gpt-4o:work", "stream": true}\'',
    'curl x -d \'{"model": "gemini/gemini-2.5-pro:g2"}\'',
    'curl x -d \'{"model": "claude-sonnet-5"}\'',
]


def test_prefix_model_and_channel_are_read_from_the_requests() -> None:
    assert models_asked([*COMMANDS[:2], '{"model": "openai/gpt-4o"}']) == [
        ("anthropic", "claude-3-opus", "second"),
        ("openai", "gpt-4o", "work"),
        ("openai", "gpt-4o", ""),
    ]


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("CHANNEL_SECOND_BASE_URL", "/v1"),
        ("CHANNEL_WORK_BASE_URL", "/v1"),
        ("CHANNEL_G2_BASE_URL", "/v1beta"),
        ("BASE_URL", "/v1"),
    ],
)
async def test_an_example_host_becomes_an_upstream_of_its_language(name: str, ends: str) -> None:
    async with upstreams(COMMANDS) as running:
        line = running.in_place_of_examples(f'{name}="https://llm.example.com/some/path"')
        assert line.startswith(f'{name}="http://127.0.0.1:')
        assert line.endswith(f'{ends}"')


async def test_each_language_has_an_upstream_of_its_own_and_other_lines_stay() -> None:
    async with upstreams(COMMANDS) as running:
        names = ("CHANNEL_SECOND_BASE_URL", "CHANNEL_WORK_BASE_URL", "CHANNEL_G2_BASE_URL")
        urls = {running.in_place_of_examples(f"{name}=https://x.example.com").split("=")[1] for name in names}
        assert len(urls) == 3
        for line in ('API_KEY="your-key"', "OPENAI_BASE_URL=http://localhost:11434/v1", "# example.com"):
            assert running.in_place_of_examples(line) == line
        assert running.violations == []
