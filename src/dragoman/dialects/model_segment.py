"""A model's id where a URL's path names the model, as Google's do."""

from functools import lru_cache
from urllib.parse import quote

from dragoman.messages.errors import invalid_request


@lru_cache(maxsize=256)
def model_segment(model: str) -> str:
    """The id as one segment of a path. Raises ApiError (400) for an id that would lead to another path."""
    # Servers that drop what follows a `;` would be left with what stands before it.
    if not model.partition(";")[0].strip("./ ") or ".." in model or not model.isprintable():
        raise invalid_request("model: expected the name of a model")
    return quote(model, safe="@:")
