"""Every setting: its name, type, default and meaning. The reference page is generated from this file.

The name of the environment variable is the field's name in upper case. What a value may look like is decided by
its type (config/readers.py).
"""

import re
from typing import Annotated, Literal

import msgspec

from dragoman.config.secret import Secret
from dragoman.routing.channel import DialectName

Url = Annotated[str, "URL"]
"""http or https with a host; without credentials, query and trailing slash."""

ModelName = Annotated[str, "name of a model"]
"""`[prefix/]id[:channel]`."""

Host = Annotated[str, "host name or IP address"]
Port = Annotated[int, "0 to 65535"]
Seconds = Annotated[float, "seconds, 1 to 3600"]
FilePath = Annotated[str, "path of a file"]

ProjectId = Annotated[str, "id of a Google Cloud project"]
Location = Annotated[str, "location of Vertex AI"]
"""Both become a segment of a path. The location is in lower case."""

CREDENTIAL_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)(?:_|\Z)")
"""In the name of a variable that is not ours: its value is nothing to show."""

Secrets = tuple[Secret, ...]
Hosts = tuple[Host, ...]


class ChannelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one `CHANNEL_<NAME>_...`: a further endpoint, asked for by the suffix `:name`."""

    name: str
    """In lower case."""
    base_url: Url | None = None
    """The endpoint. Unset: the default host of the vendor whose dialect is spoken."""
    api_key: Secret = Secret()
    """Its key, sent to no other URL. Unset: none is sent."""
    dialect: DialectName | None = None
    """What it speaks. Unset: what the model's prefix or family says, else `openai_chat`."""


class VendorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one preset (routing/presets.py), whose row says which variables they come from."""

    name: str
    """Of the preset."""
    api_key: Secret = Secret()
    """The key for its host, or for its base URL if that is set."""
    base_url: Url | None = None
    """Where it is instead."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings, checked. `config/load.py` makes them."""

    preferred_provider: Literal["openai", "google", "anthropic", "litellm"] = "openai"
    """Where Claude's model names go, and every name that says nothing about its vendor. With `anthropic`, Claude's
    names go to Anthropic unchanged, and `BIG_MODEL` and `SMALL_MODEL` are ignored. With `litellm` (extra `litellm`),
    `BIG_MODEL` and `SMALL_MODEL` are needed, and like those of the three families they are names of LiteLLM's, with or
    without the prefix `litellm/`."""

    big_model: ModelName | None = None
    """The model for sonnet, opus and every other `claude-*` name. Its family decides where it goes (`gemini-*` to
    Google, `gpt-*` and `o1*` to OpenAI); a prefix (`openai/`, `gemini/`, `anthropic/`, `vertex_ai/`, `litellm/`, or that
    of another vendor, such as `deepseek/`) and a `:channel` suffix beat the family. Unset: the preferred provider's
    default, which changes to its successor on the day it retires."""

    small_model: ModelName | None = None
    """The model for haiku; as `BIG_MODEL`."""

    opus_model: ModelName | None = None
    """The model for opus, instead of `BIG_MODEL`. Also applies when `PREFERRED_PROVIDER=anthropic`."""

    sonnet_model: ModelName | None = None
    """The model for sonnet, instead of `BIG_MODEL`. Also applies when `PREFERRED_PROVIDER=anthropic`."""

    haiku_model: ModelName | None = None
    """The model for haiku, instead of `SMALL_MODEL`. Also applies when `PREFERRED_PROVIDER=anthropic`."""

    openai_api_key: Secret = Secret()
    """The key for OpenAI, or for `OPENAI_BASE_URL` if that is set."""

    gemini_api_key: Secret = Secret()
    """The key for Google AI Studio, or for `GEMINI_BASE_URL` if that is set. Never sent to Vertex AI."""

    anthropic_api_key: Secret = Secret()
    """The key for Anthropic, or for `ANTHROPIC_UPSTREAM_BASE_URL` if that is set."""

    openai_base_url: Url | None = None
    """Where OpenAI's models are. Unset: `https://api.openai.com/v1`, or `BASE_URL` if that is set."""

    gemini_base_url: Url | None = None
    """Where Gemini models are. Unset: `https://generativelanguage.googleapis.com/v1beta`, or `BASE_URL` if that is
    set."""

    anthropic_upstream_base_url: Url | None = None
    """Where Anthropic's models are. Unset: `https://api.anthropic.com`, or `BASE_URL` if that is set and
    `PREFERRED_PROVIDER` is not `anthropic`. The client's own `ANTHROPIC_BASE_URL` is never read: it points at this
    proxy."""

    base_url: Url | None = None
    """One endpoint for every provider that has no base URL of its own; never for Vertex AI. It may hold a path,
    such as `https://llm.example.com/openai/v1`."""

    api_key: Secret = Secret()
    """The key for `BASE_URL`. Unset: the provider's own key goes there, unless the host is known to be another
    vendor's."""

    base_url_dialect: DialectName | None = None
    """What `BASE_URL` speaks: `openai_chat`, `openai_responses`, `gemini` or `anthropic`. Unset: what the model's
    prefix or family says."""

    openai_dialect: DialectName | None = None
    """What OpenAI's host or `OPENAI_BASE_URL` speaks: `openai_chat`, `openai_responses`, `gemini` or `anthropic`. Unset:
    the model decides. At OpenAI and Azure, GPT-5.4 and later are asked through Responses; all else through Chat
    Completions, unless the server demands Responses."""

    channels: tuple[ChannelSettings, ...] = ()
    """Further endpoints."""

    vendors: tuple[VendorSettings, ...] = ()
    """The presets that variables speak of."""

    foreign_variables: tuple[tuple[str, Secret], ...] = ()
    """Name and value of what the `.env` file holds beside settings: what a library such as LiteLLM reads."""

    gemini_safety: Literal["off", "default"] = "off"
    """Google's safety filters for Gemini, on AI Studio and on Vertex AI: `off`, because code and security texts trip
    them, or `default`, which leaves them as Google sets them."""

    use_vertex_auth: bool = False
    """Send Gemini models, and Claude models that a setting names, to Vertex AI with Google's credentials. Needs
    `VERTEX_PROJECT` and `VERTEX_LOCATION`."""

    vertex_project: ProjectId | None = None
    """The Google Cloud project."""

    vertex_location: Location | None = None
    """`global`, or a region that has the model, such as `us-east5`. The newest models are not in every region."""

    vertex_base_url: Url | None = None
    """Where Vertex AI is, such as a private endpoint or a gateway; a version at its end (`/v1`, `/v1beta1`) is taken
    off, because Gemini and Claude have different ones. Unset: Google's host for `VERTEX_LOCATION`."""

    vertex_quota_project: ProjectId | None = None
    """The Google Cloud project that pays for the requests (`x-goog-user-project`). Unset: Google's own
    `GOOGLE_CLOUD_QUOTA_PROJECT`, or the one that the credentials name. A personal login needs one."""

    vertex_credentials_path: FilePath | None = None
    """A service account's JSON key. Beats `GOOGLE_APPLICATION_CREDENTIALS`, which beats the identity of
    `gcloud auth application-default login`."""

    google_application_credentials: FilePath | None = None
    """Google's own variable for a credentials file; used when `VERTEX_CREDENTIALS_PATH` is unset."""

    anthropic_auth_mode: Literal["server", "passthrough"] = "server"
    """Whose credential goes to Anthropic: `server` sends `ANTHROPIC_API_KEY`, `passthrough` the client's own (a
    Claude subscription). `passthrough` excludes `DRAGOMAN_API_KEY`: a client has one credential to show."""

    search_provider: Literal["brave", "tavily", "searxng"] | None = None
    """Who searches the web for models whose own provider does not: `brave` and `tavily` need `SEARCH_API_KEY`, `searxng`
    needs `SEARCH_BASE_URL`. Unset: nobody."""

    search_api_key: Secret = Secret()
    """The key for `SEARCH_PROVIDER`; it is sent nowhere else. SearXNG takes none."""

    search_base_url: Url | None = None
    """Where the search provider is, such as `http://localhost:8888` for SearXNG. Unset: `https://api.search.brave.com`
    or `https://api.tavily.com`."""

    dragoman_api_key: Secrets = ()
    """What clients must present, as `x-api-key` or `Authorization: Bearer`; several are separated by commas. Unset:
    no key is asked for, and only a loopback address is served."""

    dragoman_seal_key: Secret = Secret()
    """The secret that seals reasoning on its way through clients (docs/decisions/0028). Unset: one is made from the
    keys for upstreams, so that a restart and a second instance with the same settings have the same."""

    dragoman_strict: bool = False
    """Refuse a request that the upstream's language cannot carry whole, instead of naming what was lost, and an
    answer that is not streamed and does not match the schema that was asked for."""

    fetch_urls: bool = False
    """Let the gateway fetch what a request names by URL: pages for `web_fetch`, and images and documents for backends
    that take only bytes. Only from the public internet, by https, at most 10 MiB each
    (docs/decisions/0031). Proxies of the environment are not used."""

    dragoman_allowed_hosts: Hosts = ()
    """Further names in the `Host` header to accept, separated by commas, such as that of a reverse proxy. A port
    after a name is not looked at."""

    host: Host = "127.0.0.1"
    """The address to listen on. An address beyond this machine needs `DRAGOMAN_API_KEY`."""

    port: Port = 8082
    """The port to listen on; 0 takes a free one."""

    debug: bool = False
    """Log at level `debug`, whatever `LOG_LEVEL` says. Never logs keys or prompts."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe message that is logged."""

    upstream_idle_seconds: Seconds = 300.0
    """How long an upstream may be silent, before its first byte and between bytes."""

    upstream_connect_seconds: Seconds = 5.0
    """How long connecting to an upstream may take."""

    @property
    def effective_log_level(self) -> str:
        """`log_level` after `debug` had its say."""
        return "debug" if self.debug else self.log_level

    def secrets(self) -> tuple[str, ...]:
        """Every configured secret as it is, for the scrubber of logs and answers."""
        own = (self.search_api_key, self.dragoman_seal_key, *self.dragoman_api_key)
        foreign = tuple(value for name, value in self.foreign_variables if CREDENTIAL_NAME.search(name))
        return (*self.upstream_keys(), *(secret.reveal() for secret in (*own, *foreign) if secret))

    def upstream_keys(self) -> tuple[str, ...]:
        """Every key that an upstream is shown."""
        single = (self.openai_api_key, self.gemini_api_key, self.anthropic_api_key, self.api_key)
        named = tuple(entry.api_key for entry in (*self.channels, *self.vendors))
        return tuple(secret.reveal() for secret in (*single, *named) if secret)
