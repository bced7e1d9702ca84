"""What generateContent and countTokens refuse, and in the vendor's words (spec/gemini.md, spec/vertex.md section 3).

Independent of the code under test: it reads plain dicts. gemini_history.py has the rules about contents, gemini_tools.py
those about tools, gemini_models.py those that depend on the model.
"""

from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_history import check_contents
from tests.support.gemini_models import check_model, generation
from tests.support.gemini_payload import check_shape
from tests.support.gemini_refusal import Refused, invalid_field, unable
from tests.support.gemini_schemas import check_schema
from tests.support.gemini_tools import check_tools

MOST_STOPS = 5
MOST_OUTPUT = 65_536


def check_request(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    """Raises Refused for the first thing that the server would not take, thought signatures apart."""
    check_shape(body, flavor, counting=False)
    _check_values(body, model, flavor)


def check_count(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    """The same for countTokens."""
    check_shape(body, flavor, counting=True)
    inner = body.get("generateContentRequest")
    if inner is None:
        _check_values(body, model, flavor)
        return
    if "contents" in body:
        raise Refused("Please provide either contents or generate_content_request, but not both.")
    if inner.get("model") != f"models/{model}":
        raise Refused(f"The model of generate_content_request must be models/{model}.")
    _check_values({key: value for key, value in inner.items() if key != "model"}, model, flavor)


def _check_values(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    check_contents(body, model, flavor)
    check_tools(body, model, flavor)
    _check_cache(body)
    config = body.get("generationConfig") or {}
    _check_stops(config, flavor)
    _check_limit(config, flavor)
    _check_format(config, body, model, flavor)
    check_model(body, model, flavor)


def _check_cache(body: dict[str, Any]) -> None:
    if "cachedContent" in body and any(key in body for key in ("systemInstruction", "tools", "toolConfig")):
        raise Refused(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or"
            " tool_config."
        )


def _check_stops(config: dict[str, Any], flavor: GeminiFlavor) -> None:
    stops = config.get("stopSequences") or []
    if len(stops) > MOST_STOPS:
        if flavor.vertex:
            raise _out_of_range("stopSequences", len(stops), MOST_STOPS)
        path = "generation_config.stop_sequences"
        raise invalid_field(path, f"the number of stop_sequences must not exceed {MOST_STOPS}", flavor)
    if "" in stops:
        path = f"generation_config.stop_sequences[{stops.index('')}]"
        raise invalid_field(path, "stop_sequence must not be empty", flavor)


def _check_limit(config: dict[str, Any], flavor: GeminiFlavor) -> None:
    limit = config.get("maxOutputTokens")
    if limit is None:
        return
    if limit < 1 and not flavor.vertex:
        path = "generation_config.max_output_tokens"
        raise invalid_field(path, "max_output_tokens must be positive.", flavor)
    if not 1 <= limit <= MOST_OUTPUT:
        raise _out_of_range("maxOutputTokens", limit, MOST_OUTPUT)


def _out_of_range(field: str, found: int, most: int) -> Refused:
    return unable(
        f"it has a {field} value of {found} but the supported range is from 1 (inclusive) to {most + 1} (exclusive)."
        " Update the value and try again"
    )


def _check_format(config: dict[str, Any], body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    media = config.get("responseMimeType")
    functions = any(tool.get("functionDeclarations") for tool in body.get("tools") or ())
    if media == "application/json" and functions and generation(model) < 3:
        raise Refused(f"Function calling with a response mime type: '{media}' is unsupported")
    given = [key for key in ("responseSchema", "responseJsonSchema") if key in config]
    if not given:
        return
    if len(given) > 1:
        raise Refused("response_schema and response_json_schema are mutually exclusive.")
    path = f"generation_config.{'response_schema' if given == ['responseSchema'] else 'response_json_schema'}"
    if media != "application/json":
        raise invalid_field(path, "only allowed when response_mime_type is application/json", flavor)
    if given == ["responseJsonSchema"]:
        check_schema(config["responseJsonSchema"], path, flavor, root_object=False)
