"""Channels and ways by hand, for tests of the layers that know no settings."""

from dragoman.routing.channel import Channel, DialectName
from dragoman.routing.names import Way
from dragoman.routing.presets import BY_PREFIX
from dragoman.routing.ways import Channels, Ways


def channel(name: str, dialect: DialectName, base_url: str = "") -> Channel:
    return Channel(name=name, dialect=dialect, base_url=base_url or f"https://{name}.example/v1")


def channels(name: str) -> Channels:
    return Channels(
        openai=channel(name, "openai_chat"),
        gemini=channel(name, "gemini"),
        anthropic=channel(name, "anthropic"),
    )


def vendor(prefix: str) -> Channel:
    """The channel of a preset, at an address that nobody knows."""
    name = BY_PREFIX[prefix].name
    return Channel(
        name=name,
        dialect="openai_chat",
        base_url=f"https://{name}.example/v1",
        dialect_by_model=True,
        preset=name,
    )


def ways(
    preferred: Way = "openai",
    *,
    use_vertex: bool = False,
    named: tuple[str, ...] = (),
    vendors: tuple[str, ...] = (),
) -> Ways:
    return Ways(
        preferred=preferred,
        use_vertex=use_vertex,
        built_in=Channels(
            openai=channel("openai", "openai_chat"),
            gemini=channel("gemini", "gemini"),
            anthropic=channel("anthropic", "anthropic"),
        ),
        vertex=channels("vertex_ai"),
        named={name: channels(name) for name in named},
        vendors={name: vendor(name) for name in vendors},
        configured=vendors,
    )
