"""What Gemini asks of a part: one payload, media that it can read, results that it can take (spec/gemini.md 2.2, 3.4, 6, 7)."""

import base64
import binascii
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_models import generation
from tests.support.gemini_refusal import Refused, bad_payload, invalid_field, unable

PAYLOADS = (
    "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult",
    "toolCall", "toolResponse",
)  # fmt: skip
IMAGES = ("image/png", "image/jpeg", "image/webp")
RESULT_MEDIA = (*IMAGES, "application/pdf")
MEDIA = (*RESULT_MEDIA, "image/heic", "image/heif", "text/plain")
SOUND = ("audio/", "video/")
FILES = "https://generativelanguage.googleapis.com/"
YOUTUBE = ("https://www.youtube.com/", "https://youtu.be/")


def check_part(part: dict[str, Any], path: str, model: str, flavor: GeminiFlavor) -> None:
    """Raises Refused; `path` is such as `contents[0].parts[1]`."""
    _check_payload(part, path, flavor)
    if "inlineData" in part:
        check_blob(part["inlineData"], f"{path}.inline_data", MEDIA, flavor)
    if "fileData" in part:
        _check_file(part["fileData"], path, flavor)
    if "functionCall" in part and not part["functionCall"].get("name"):
        raise invalid_field(f"{path}.function_call.name", "Name cannot be empty.", flavor)
    _check_id(part, path, model, flavor)
    if "functionResponse" in part:
        _check_result(part["functionResponse"], f"{path}.function_response", model, flavor)


def _check_id(part: dict[str, Any], path: str, model: str, flavor: GeminiFlavor) -> None:
    if not flavor.vertex or generation(model) >= 3:
        return
    for name, field in (("functionCall", "function_call"), ("functionResponse", "function_response")):
        if "id" in part.get(name, ()):
            at = f"{path}.{field}"
            words = f"Invalid JSON payload received. Unknown name \"id\" at '{at}': Cannot find field."
            raise bad_payload([(at, words)])


def _check_payload(part: dict[str, Any], path: str, flavor: GeminiFlavor) -> None:
    given = [name for name in PAYLOADS if name in part]
    if len(given) > 1:
        raise Refused(
            f"Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{given[1]}'"
        )
    # An empty text may carry a signature: that is how one comes at the end of a stream.
    if part.get("thoughtSignature"):
        return
    if given == ["text"] and part["text"] == "" and flavor.vertex:
        raise unable("it has an empty text parameter. Add a value to the parameter and try again")
    if not given or part.get("text") == "":
        raise invalid_field(
            f"{path}.data", "required oneof field 'data' must have one initialized field", flavor
        )


def check_blob(blob: dict[str, Any], path: str, allowed: tuple[str, ...], flavor: GeminiFlavor) -> None:
    """Raises Refused for bytes without type, of a type that is not read here, or that are no base64."""
    media = blob.get("mimeType")
    if not media:
        raise (
            unable("it has an empty mimeType parameter. Add a value to the parameter and try again")
            if flavor.vertex
            else invalid_field(f"{path}.mime_type", "mime_type must not be empty.", flavor)
        )
    sound = allowed is MEDIA and media.startswith(SOUND)
    if media not in allowed and not sound:
        raise Refused(f"Unsupported MIME type: {media}")
    data = blob.get("data", "")
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(
            f"Invalid value at '{path}.data' (TYPE_BYTES), Base64 decoding failed for \"{data[:40]}\""
        ) from None
    if not decoded:
        raise Refused("Unable to process input image. Please retry or report in the troubleshooting guide.")


def _check_file(file: dict[str, Any], path: str, flavor: GeminiFlavor) -> None:
    uri = file.get("fileUri", "")
    if uri.startswith(YOUTUBE):
        return
    if not flavor.vertex:
        if not uri.startswith(FILES):
            raise Refused(f"Unsupported file uri: {uri}" if uri.startswith("gs://") else f"Cannot fetch content from the provided URL: {uri}")  # fmt: skip
        return
    if not file.get("mimeType"):
        raise unable("it must have a mimeType parameter. Add a mimeType parameter and try again")
    if uri.startswith(FILES):
        raise Refused("You do not have permission to access the File or it may not exist.", code=403)
    if not uri.startswith(("gs://", "https://")):
        raise invalid_field(f"{path}.file_data.file_uri", f"Invalid file URI: {uri}", flavor)


def _check_result(result: dict[str, Any], path: str, model: str, flavor: GeminiFlavor) -> None:
    if not result.get("name"):
        raise invalid_field(f"{path}.name", "Name cannot be empty.", flavor)
    if "response" not in result:
        raise invalid_field(f"{path}.response", "required field is not set", flavor)
    parts = result.get("parts", ())
    if parts and generation(model) < 3:
        raise Refused("Multimodal function response is not supported by this model.")
    for index, part in enumerate(parts):
        check_blob(part.get("inlineData", {}), f"{path}.parts[{index}].inline_data", RESULT_MEDIA, flavor)
    shown = [part.get("inlineData", {}).get("displayName") for part in parts]
    for name in _references(result["response"]):
        if name not in shown:
            raise Refused(
                f"The referenced name `{name}` in function_response.response does not match to a display_name in the"
                " function_response.parts."
            )


def _references(value: Any) -> list[Any]:
    """What stands under a key `$ref`, anywhere inside: it is taken for a name of a part."""
    if isinstance(value, list):
        return [name for inner in value for name in _references(inner)]
    if not isinstance(value, dict):
        return []
    inner = [name for one in value.values() for name in _references(one)]
    return [value["$ref"], *inner] if "$ref" in value else inner
