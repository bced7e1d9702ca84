"""The refusals of an OpenAI-like server, with OpenAI's wording, `param` and `code`."""

from typing import Any


class Refused(Exception):
    """A request that is answered with an error of OpenAI's shape."""

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status

    @property
    def error(self) -> dict[str, Any]:
        return {
            "message": self.message,
            "type": "invalid_request_error",
            "param": self.param,
            "code": self.code,
        }


def unknown_parameter(path: str, kind: type[Refused] = Refused) -> Refused:
    return kind(f"Unknown parameter: '{path}'.", param=path, code="unknown_parameter")


def missing_parameter(path: str) -> Refused:
    return Refused(f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter")


def empty_string(path: str) -> Refused:
    message = f"Invalid '{path}': empty string. Expected a string with minimum length 1, but got an empty string instead."
    return Refused(message, param=path, code="empty_string")


def empty_array(path: str) -> Refused:
    message = f"Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    return Refused(message, param=path, code="empty_array")


def array_too_long(path: str, most: int, found: int) -> Refused:
    message = (
        f"Invalid '{path}': array too long. Expected an array with maximum length {most}, but got an array with"
        f" length {found} instead."
    )
    return Refused(message, param=path, code="array_above_max_length")


def string_too_long(path: str, most: int, found: int) -> Refused:
    message = (
        f"Invalid '{path}': string too long. Expected a string with maximum length {most}, but got a string with"
        f" length {found} instead."
    )
    return Refused(message, param=path, code="string_above_max_length")


def only_with(field: str, other: str) -> Refused:
    message = f"Invalid value for '{field}': '{field}' is only allowed when '{other}' are specified."
    return Refused(message, param=field)


def unsupported_parameter(field: str, advice: str = "") -> Refused:
    message = f"Unsupported parameter: '{field}' is not supported with this model.{advice}"
    return Refused(message, param=field, code="unsupported_parameter")


def unsupported_value(field: str, value: object, supported: str) -> Refused:
    message = f"Unsupported value: '{field}' does not support {value} with this model. {supported}"
    return Refused(message, param=field, code="unsupported_value")
