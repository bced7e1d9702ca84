import json

import pytest

from dragoman.dialects.openai_envelope import (
    LONGEST_MESSAGE,
    VendorError,
    parse_error,
    parse_error_body,
)


def parsed(value):
    return parse_error_body(json.dumps(value).encode())


def test_openais_shape_is_read():
    error = {
        "message": "Bad.",
        "type": "invalid_request_error",
        "param": "stop",
        "code": "unsupported_parameter",
    }
    assert parsed({"error": error}) == VendorError(
        "Bad.", "unsupported_parameter", "invalid_request_error", "stop", None
    )


def test_the_type_stands_in_for_a_missing_code():
    assert parsed({"error": {"message": "x", "type": "server_error", "code": None}}).code == "server_error"


@pytest.mark.parametrize(
    "value",
    [
        {"error": "Bad."},
        {"message": "Bad."},
        {"object": "error", "message": "Bad.", "type": "BadRequestError", "code": 400},
        {"detail": "Bad."},
        {"error": {"detail": "Bad."}},
        {"msg": "Bad."},
        [{"error": {"code": 400, "message": "Bad.", "status": "INVALID_ARGUMENT"}}],
        {"error": {"message": {"detail": "Bad."}}},
        "Bad.",
    ],
)
def test_the_message_is_found_in_every_shape(value):
    assert parsed(value).message == "Bad."


def test_a_list_of_complaints_names_their_places():
    error = parsed({"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]})
    assert error.message == "body.stream_options: Extra inputs are not permitted"


def test_openrouters_nested_error_beats_its_own_words():
    raw = json.dumps(
        {"error": {"message": "This model's maximum context length is 5 tokens", "code": "too_long"}}
    )
    error = parsed({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}})
    assert error.message == "This model's maximum context length is 5 tokens"
    assert error.code == "too_long"
    assert error.status == 400


def test_a_nested_error_that_is_an_object_or_text_is_read():
    assert (
        parse_error({"error": {"message": "x", "metadata": {"raw": {"message": "inner"}}}}).message == "inner"
    )
    assert (
        parse_error({"error": {"message": "x", "metadata": {"raw": "plain words"}}}).message == "plain words"
    )
    assert parse_error({"error": {"message": "x", "metadata": {"raw": "  "}}}).message == "x"


@pytest.mark.parametrize(
    ("code", "status"), [(502, 502), ("429", 429), (1261, None), ("1261", None), (True, None)]
)
def test_a_code_that_is_an_http_status_is_one(code, status):
    assert parse_error({"error": {"message": "x", "code": code}}).status == status


def test_llama_cpps_numbers_are_read():
    error = {
        "code": 400,
        "message": "too long",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9,
        "n_ctx": 5,
    }
    read = parsed({"error": error})
    assert (read.prompt_tokens, read.context_tokens) == (9, 5)


def test_an_html_page_is_named_by_its_title():
    page = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>secret</body></html>"
    assert parse_error_body(page).message == "the reply is a web page, not JSON (502 Bad Gateway)"
    assert parse_error_body(b"<html></html>").message == "the reply is a web page, not JSON"


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_is_named(body):
    assert parse_error_body(body).message == "the reply has no body"


def test_plain_text_is_the_message():
    assert parse_error_body(b"upstream connect error").message == "upstream connect error"


@pytest.mark.parametrize(
    "body", [b"null", b"3", b"[]", b"{}", b'{"error":null}', b'{"error":{}}', b"\xff\xfe"]
)
def test_strange_bodies_do_not_raise(body):
    assert isinstance(parse_error_body(body), VendorError)


def test_texts_are_bounded_and_on_one_line():
    error = parsed({"error": {"message": "a\x1b[31m\nb" + "x" * 9000, "code": "c" * 500, "param": "p" * 500}})
    assert error.message.startswith("a b")
    assert len(error.message) <= LONGEST_MESSAGE
    assert len(error.code) <= 100
    assert len(error.param) <= 100


def test_credentials_are_masked():
    error = parsed({"error": {"message": "Incorrect key: sk-test***wxyz at https://me:word@a.example"}})
    assert "wxyz" not in error.message
    assert "word@" not in error.message
