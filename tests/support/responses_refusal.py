"""The refusals that only the Responses API has, in the words that spec/openai-responses.md quotes."""

from typing import Any

from tests.support.openai_refusal import Refused

VERIFY = (
    " Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization."
    " If you just verified, it can take up to 15 minutes for access to propagate."
)


class Declined(Refused):
    """Refused only because the test switched on something that no client can know beforehand."""


def unverified(what: str, param: str) -> Declined:
    message = f"Your organization must be verified to {what}.{VERIFY}"
    return Declined(message, param=param, code="unsupported_value")


def unreadable(encrypted: Any, kind: type[Refused] = Refused) -> Refused:
    shown = str(encrypted)
    message = (
        f"The encrypted content {shown[:4]}...{shown[-4:]} could not be verified. Reason: Encrypted content could not"
        " be decrypted or parsed."
    )
    return kind(message, code="invalid_encrypted_content")


def item_not_found(item_id: str) -> Refused:
    message = (
        f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try again with"
        " `store` set to true, or remove this item from your input."
    )
    return Refused(message, param="input", status=404)


def without_following(item_id: str) -> Refused:
    message = f"Item '{item_id}' of type 'reasoning' was provided without its required following item."
    return Refused(message, param="input")


def without_reasoning(item: dict[str, Any], reasoning_id: str) -> Refused:
    message = (
        f"Item '{item['id']}' of type '{item.get('type', 'message')}' was provided without its required 'reasoning'"
        f" item: '{reasoning_id}'."
    )
    return Refused(message, param="input")


def unknown_type(
    value: object, supported: tuple[str, ...], path: str, kind: type[Refused] = Refused
) -> Refused:
    listed = ", ".join(f"'{one}'" for one in supported)
    return kind(
        f"Invalid value: '{value}'. Supported values are: {listed}.", param=path, code="invalid_value"
    )
