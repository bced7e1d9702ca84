from bench.responses_events import closing, deltas, opening
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def test_every_event_is_one_that_openais_own_client_reads_in_order() -> None:
    frames = [*opening(), *deltas(["one", " two"]), *closing("one two", 2)]
    lines = [frame.decode().split("\n") for frame in frames]
    events = [EVENT.validate_json(data.removeprefix("data: ")) for _, data, *_ in lines]

    assert [name for name, *_ in lines] == [f"event: {event.type}" for event in events]
    assert [event.sequence_number for event in events] == list(range(10))
