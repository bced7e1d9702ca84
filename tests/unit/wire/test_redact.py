import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.wire.redact import SecretScrubber, redact_exception, redact_text

CANARY = 'Canary-Secret/4711+with spaces&"quotes"-End8char'
PLAIN_CANARY = "CANARY1f3a9c77e2b04d5"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("bad key sk-abcdef123456", "bad key ***"),
        ("bad key sk-ant-api03-AAAA_bbbb-cc.", "bad key ***."),
        ("Incorrect API key provided: sk-proj-****wxyz", "Incorrect API key provided: ***"),
        ("Incorrect API key provided: whatever-it-is", "Incorrect API key provided: ***"),
        ("key AIzaSyTestTestTestTest rejected", "key *** rejected"),
        ("token ya29.a0AfTestTestTest is over", "token *** is over"),
        ("jwt eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl here", "jwt *** here"),
        ("sent Authorization: Bearer abc.def-1", "sent Authorization: Bearer ***"),
        ("sent authorization: basic dXNlcjpwYXNz", "sent authorization: basic ***"),
        ("use Bearer abcdef", "use Bearer ***"),
        ('{"x-api-key": "abc def"}', '{"x-api-key": "*** def"}'),
        ('{"api_key":"abc"}', '{"api_key":"***"}'),
        ("GET https://h/v1?key=abc&alt=sse", "GET https://h/v1?key=***&alt=sse"),
        ("GET https://h/v1?alt=sse&api_key=abc", "GET https://h/v1?alt=sse&api_key=***"),
        ("GET https://h/v1?access_token=abc", "GET https://h/v1?access_token=***"),
        ("via http://user:pass@proxy:3128/", "via http://***@proxy:3128/"),
        ("gsk_abcdefabcdefabcdef and hf_abcdefabcdefabcdef", "*** and ***"),
        ("refreshed 1//0gabcdefghijklmnopqrstuv as GOCSPX-abcdefghijkl", "refreshed *** as ***"),
        ('{"refresh_token":"1//x","id_token": "a.b"}', '{"refresh_token":"***","id_token": "***"}'),
        ('{"client_secret":"GOCSPX-ab"}', '{"client_secret":"***"}'),
        ("{'access_token': 'opaque.x', 'expires_in': 3}", "{'access_token': '***', 'expires_in': 3}"),
        (r'"{\"access_token\":\"opaque\"}"', r'"{\"access_token\":\"***\"}"'),
        ("POST access_token=opaque&alt=sse", "POST access_token=***&alt=sse"),
        ("client_secret: opaque", "client_secret: ***"),
        ('{"private_key":"opaque","private_key_id":"k"}', '{"private_key":"***","private_key_id":"k"}'),
    ],
)
def test_shapes_of_credentials_are_replaced(said, shown):
    assert redact_text(said) == shown


PEM = "-----BEGIN {0}PRIVATE KEY-----\nMIIEvQ+/wIBADAN=\nBgkqh\n-----END {0}PRIVATE KEY-----\n"


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "ENCRYPTED "])
@pytest.mark.parametrize(
    "coat",
    [str, repr, json.dumps, lambda pem: json.dumps({"private_key": pem}), lambda pem: repr({"private_key": pem})]
    + [lambda pem: json.dumps(json.dumps({"private_key": pem})), lambda pem: json.dumps({"key": pem[:-40]})]
    + [lambda pem: pem.replace("\n", "\r\n"), lambda pem: pem.replace("\n", " ")],
)  # fmt: skip
def test_a_private_key_is_replaced_in_every_coat(kind, coat):
    text = coat(PEM.format(kind))
    for shown in (redact_text(f"a {text} b"), SecretScrubber([]).scrub_bytes(text.encode()).decode()):
        assert "***" in shown
        assert not [piece for piece in ("MIIE", "Bgkqh", "BEGIN", "END") if piece in shown]
    if text.startswith(("{", '"')) and "'" not in text:
        json.loads(redact_text(text))


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Bearer token is missing",
        "Bearer authentication required",
        "Invalid API key",
        "task-management for sk-SK: risk-averse",
        "max_tokens=5 is more than input_tokens=3",
        "monkey=banana, keys and tokens",
        '{"access_token":null,"id_token": 3,"refresh_token" : true,"private_key":[]}',
        "the access_token is over, the refresh_token was revoked",
        "messages.1.role: Input should be 'user' or 'assistant'",
        "mail me@example.com",
        "see https://platform.openai.com/account/api-keys",
    ],
)
def test_wording_that_clients_match_on_is_kept(said):
    assert redact_text(said) == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\r\nb", "a b"),
        ("a\tb\n\n\nc", "a b c"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jcleared", "cleared"),
        ("title\x1b]0;owned\x07!", "title!"),
        ("nul\x00 del\x7f bel\x07", "nul del bel"),
        ("bidi\u202egnp", "bidignp"),
        ("line\u2028separator", "line separator"),
        ("日本語 👩‍💻 naïve", "日本語 👩‍💻 naïve"),
        ("s\x00k-abcdef123456", "***"),
    ],
)
def test_control_characters_do_not_reach_a_terminal(said, shown):
    assert redact_text(said) == shown


@given(
    st.text(
        st.characters(codec="utf-8") | st.sampled_from("\x00\x07\x1b[]\r\n\x7f\x9b\u202e\u2028mK;0"),
        max_size=60,
    )
)
def test_no_text_keeps_a_control_character(text):
    shown = redact_text(text)
    assert all(character >= " " and not "\x7f" <= character <= "\x9f" for character in shown)
    assert not {"\u2028", "\u2029", "\u202e"} & set(shown)


credential_pieces = st.sampled_from(
    [
        "Bearer ",
        "key=",
        "sk-abcdefgh",
        "://u:p@h ",
        "x-api-key: ",
        '"',
        "\\",
        " ",
        "&",
        "abc123",
        "eyJabcdefg.abcdef.g",
        "=",
    ]
)


@given(st.lists(credential_pieces, max_size=8).map("".join))
def test_redacting_twice_changes_nothing_more(text):
    assert redact_text(redact_text(text)) == redact_text(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "-eyJ",
        "sk-.",
        "://",
        "Bearer  ",
        "x-api-key: ",
        "://aaaa",
        "-gsk-",
        "key=",
        "/home/",
        "\\\\",
        "\x1b]",
        "\x9b1;",
        "authorization ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\\",
        "-----BEGIN PRIVATE KEY----- a",
        "access_token ",
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(piece):
    text = piece * 100_000
    assert redact_exception(text) is not None
    assert len(SecretScrubber([CANARY]).scrub_bytes(text.encode())) > 0


@given(
    st.dictionaries(
        st.sampled_from(["error", "api_key", "why"]), st.lists(credential_pieces, max_size=6).map("".join)
    )
)
def test_redacted_json_is_still_json(record):
    line = json.dumps(record)
    assert set(json.loads(redact_text(line))) == set(record)
    assert set(json.loads(SecretScrubber([CANARY]).scrub(line))) == set(record)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("No such file or directory: '/home/me/x/.env'", "No such file or directory: '***'"),
        ('File "/usr/lib/python3.11/ssl.py", line 5', 'File "***", line 5'),
        (r"cannot open C:\Users\me\key.txt", "cannot open ***"),
        (r"cannot open \\server\share\key.txt", "cannot open ***"),
        ("in /tmp", "in ***"),
        (
            "Cannot connect to host api.example.com:443 ssl:default",
            "Cannot connect to host api.example.com:443 ssl:default",
        ),
        ("POST https://host/home/v1 gave /v1/messages", "POST https://host/home/v1 gave /v1/messages"),
    ],
)
def test_an_exception_shows_no_file_path(said, shown):
    assert redact_exception(said) == shown


def forms_of(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "plain": secret,
        "url": quote(secret, safe=""),
        "json": json.dumps(secret)[1:-1],
        "base64": base64.b64encode(raw).decode(),
        "base64 after one": base64.b64encode(b"u" + raw).decode(),
        "base64 after two": base64.b64encode(b"u:" + raw).decode(),
        "base64 in the middle": base64.b64encode(b"user:" + raw + b"\r\n").decode(),
        "base64url": base64.urlsafe_b64encode(raw).decode(),
        "first twelve": secret[:12],
        "last eight": secret[-8:],
    }


@pytest.mark.parametrize("secret", [CANARY, PLAIN_CANARY])
@pytest.mark.parametrize("form", list(forms_of(PLAIN_CANARY)))
def test_a_configured_secret_is_replaced_in_every_form(secret, form):
    shown = SecretScrubber(["other-secret-value", secret]).scrub(f"<<{forms_of(secret)[form]}>>")
    assert "***" in shown
    for piece in forms_of(secret).values():
        assert piece not in shown
    longest = base64.b64encode(secret.encode()).decode().rstrip("=")[2:-4]
    assert longest not in shown


def test_a_secret_shorter_than_twenty_is_only_replaced_whole():
    scrubber = SecretScrubber(["shortish-secret"])
    assert scrubber.scrub("shortish-secret shortish-sec") == "*** shortish-sec"


def test_stand_ins_are_no_secrets():
    assert SecretScrubber(["", "ollama", "EMPTY"]).scrub("channel ollama, EMPTY") == "channel ollama, EMPTY"


def test_a_scrubber_does_not_show_what_it_knows():
    assert PLAIN_CANARY not in repr(SecretScrubber([PLAIN_CANARY]))
    assert PLAIN_CANARY[:12] not in repr(SecretScrubber([PLAIN_CANARY]))


def test_a_scrubbed_body_keeps_every_other_byte():
    body = b'{"message":"line\\n\ttab \xff\xe6\x97\xa5",\r\n "key": "' + PLAIN_CANARY.encode() + b'"}'
    assert SecretScrubber([PLAIN_CANARY]).scrub_bytes(body) == body.replace(PLAIN_CANARY.encode(), b"***")


def test_a_body_without_secrets_is_the_same_object():
    body = b'{"type":"error"}\n'
    assert SecretScrubber([PLAIN_CANARY]).scrub_bytes(body) is body
