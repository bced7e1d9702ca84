"""The shape of a row about a vendor or a server, and of a row about a model that it serves."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman.dialects.quirks import Quirks
from dragoman.routing.channel import DialectName


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor or local server."""

    name: str
    title: str = ""
    """As the vendor writes it; empty for the built-in providers."""
    hosts: tuple[str, ...] = ()
    """Exact host names; one that begins with a dot stands for every host below it."""
    local_port: int | None = None
    """The port that this server takes on the user's own machine unless told otherwise; None where many others take it
    too, so that it says nothing."""
    prefixes: tuple[str, ...] = ()
    """What a model's name begins with before a slash, in lower case; the first is the one that is shown. Empty for the
    built-in providers, whose prefixes are in routing/names.py."""
    base_url: str | None = None
    """Where it is; None where every user has an address of their own."""
    bare_path: str = ""
    """What follows a base URL that has no path, such as `/v1` where other programs leave it out."""
    key_variables: tuple[str, ...] = ()
    """The environment variables that may hold the key; the first that is set counts. Empty: it asks for none."""
    base_url_variables: tuple[str, ...] = ()
    """The environment variables that may hold another base URL, likewise."""
    dialect: DialectName = "openai_chat"
    own_ids: bool = False
    """Whether ids have an author before a slash, and those without one are the vendor's own and begin with its prefix
    (`openrouter/auto`)."""
    serves_openai_models: bool = False
    """Whether an OpenAI id there is OpenAI's model, so that the model's own row applies."""
    quirks: Quirks = Quirks()
    evidence: str
    """Where the quirks were taken from; "section" means one of spec/openai-chat.md."""
    source: str = ""
    """The vendor's page that names base URL and key variable."""

    @property
    def is_local(self) -> bool:
        """Whether it is a server that the user runs, found at a default address without a key."""
        return self.base_url is not None and not self.key_variables


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a model changes in the row of the server that serves it."""

    contains: str
    """Part of the model's id, in lower case."""
    preset: str | None = None
    """Only on this preset; None means on every server that is not one of `except_presets`."""
    except_presets: frozenset[str] = frozenset()
    fields: Mapping[str, Any]
    evidence: str
