import pytest

from dragoman.dialects.gemini.shapes import Part
from tests.support.gemini_reading import chunk, end, hear, text

PNG = {"inlineData": {"mimeType": "image/png", "data": "AAAABBBB"}}


def code(source):
    return {"executableCode": {"language": "PYTHON", "code": source}}


def result(outcome, output=None):
    return {"codeExecutionResult": {"outcome": outcome} | ({} if output is None else {"output": output})}


def ran(*parts):
    return hear(chunk(*parts), text("Done."), end())


def test_code_that_ran_is_a_call_and_its_result():
    use, told, said = ran(code("print(1)"), result("OUTCOME_OK", "1\n")).content
    assert use["type"] == "server_tool_use"
    assert use["id"].startswith("srvtoolu_")
    assert (use["name"], use["input"]) == ("code_execution", {"code": "print(1)"})
    assert told == {
        "type": "code_execution_tool_result",
        "tool_use_id": use["id"],
        "content": {
            "type": "code_execution_result",
            "stdout": "1\n",
            "stderr": "",
            "return_code": 0,
            "content": [],
        },
    }
    assert said["text"] == "Done."


def test_code_that_failed_tells_its_output_as_an_error():
    content = ran(code("x"), result("OUTCOME_FAILED", "NameError")).content[1]["content"]
    assert (content["stdout"], content["stderr"], content["return_code"]) == ("", "NameError", 1)


def test_code_that_took_too_long_is_an_error_of_the_tool():
    content = ran(code("x"), result("OUTCOME_DEADLINE_EXCEEDED")).content[1]["content"]
    assert content == {
        "type": "code_execution_tool_result_error",
        "error_code": "execution_time_exceeded",
    }


def test_code_that_ran_twice_has_two_ids():
    content = ran(code("a"), result("OUTCOME_OK"), code("b"), result("OUTCOME_OK")).content
    first, second = content[0]["id"], content[2]["id"]
    assert first != second
    assert [content[1]["tool_use_id"], content[3]["tool_use_id"]] == [first, second]


def test_code_is_no_call_of_the_clients():
    assert ran(code("x"), result("OUTCOME_OK")).stop_reason == "end_turn"


def test_code_alone_is_an_answer():
    heard = hear(chunk(code("x"), result("OUTCOME_OK", "1")), end())
    assert (heard.stop_reason, heard.asked) == ("end_turn", [])


def test_media_is_told_in_a_block_of_its_own():
    heard = hear(text("See:"), chunk(PNG), text("Nice."), end())
    assert heard.texts == ["See:", "[image omitted: image/png, 6 bytes]", "Nice."]


@pytest.mark.parametrize(
    ("media", "told"),
    [
        ({"mimeType": "audio/wav", "data": "AAAA"}, "[audio omitted: audio/wav, 3 bytes]"),
        ({"mimeType": "image/png", "data": "A"}, "[image omitted: image/png, 0 bytes]"),
        ({}, "[media omitted: media, 0 bytes]"),
    ],
)
def test_media_of_any_shape_is_told(media, told):
    assert hear(chunk({"inlineData": media}), end()).texts == [told]


def test_text_that_was_held_back_stays_before_media():
    heard = hear(text("#"), chunk(PNG), end(), stop_sequences=("##",))
    assert heard.texts == ["#", "[image omitted: image/png, 6 bytes]"]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (Part(), False),
        (Part(text="", thoughtSignature="s"), False),
        (Part(thoughtSignature="s"), False),
        (Part(text="a"), True),
        (Part(executableCode={"code": "x"}), True),
        (Part(toolCall={"id": "1"}), True),
    ],
)
def test_parts_that_only_sign_say_nothing(part, says):
    assert part.says_something is says
