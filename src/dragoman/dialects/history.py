"""The conversation as a foreign model should see it: which messages count, which result answers which call.

Anthropic's rules (spec/anthropic-messages.md section 3.3): messages of one role in a row are one turn, results come
in any order, a compaction stands for everything before it, and a note may expire with the next user message.
"""

from collections import defaultdict, deque

import msgspec

from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import tool_change_note
from dragoman.messages.blocks import Block, Compaction, Text, ToolChange, ToolResult, ToolUse
from dragoman.messages.request import Conversation, Message

ATTRIBUTION = "x-anthropic-billing-header:"
"""How Claude Code's first system block begins; it differs between conversations and says nothing to a model."""


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A block and where the client wrote it."""

    message: int
    position: int
    block: Block

    @property
    def path(self) -> str:
        return f"messages.{self.message}.content.{self.position}"


class Call(msgspec.Struct):
    """A tool call of the history and the result that answers it."""

    place: Placed
    use: ToolUse
    result: Placed | None = None


class Turn(msgspec.Struct):
    """An assistant turn with its calls; or one user or system message without the results in it."""

    role: str
    blocks: list[Placed] = []
    calls: list[Call] = []
    said: list[Placed | Call] = []
    """An assistant turn in its order: `blocks`, and between them `calls`."""
    orphans: list[Placed] = []
    """Results in this message that answer no call."""
    answers: bool = False
    """A user message that brought tool results: it continues the tool loop."""


class History(msgspec.Struct):
    """All turns in order, and the results that answer no call."""

    turns: list[Turn]
    orphans: list[Placed]


def system_blocks(conversation: Conversation) -> list[Text]:
    """The system prompt without the attribution block and without empty texts."""
    blocks = list(conversation.system)
    if blocks and blocks[0].text.startswith(ATTRIBUTION):
        del blocks[0]
    return [block for block in blocks if block.text]


def read_history(conversation: Conversation) -> History:
    """Group the messages that still count into turns and pair calls with results, by id and in order."""
    history = History([], [])
    waiting: dict[str, deque[Call]] = defaultdict(deque)
    for index, first, message in _shown_messages(conversation):
        if message.role == "assistant":
            if not history.turns or history.turns[-1].role != "assistant":
                history.turns.append(Turn("assistant"))
                waiting.clear()
            _add_assistant(history.turns[-1], index, first, message, waiting)
        else:
            turn = Turn(message.role)
            history.turns.append(turn)
            _add_other(turn, index, first, message, waiting, history.orphans)
    return history


def note_text(turn: Turn, losses: Losses) -> str:
    """What a system message in the middle of the conversation says."""
    texts: list[str] = []
    for placed in turn.blocks:
        if isinstance(placed.block, Text):
            texts += [placed.block.text] if placed.block.text else []
        elif isinstance(placed.block, ToolChange):
            texts.append(tool_change_note(placed.block))
        else:
            losses.dropped(placed.path, "only text has a place in a system message")
    return "\n\n".join(texts)


def summary_text(summary: str) -> str:
    """How a compaction is told to a model that does not know the block."""
    return f"<summary>\n{summary}\n</summary>"


def _add_assistant(
    turn: Turn, index: int, first: int, message: Message, waiting: dict[str, deque[Call]]
) -> None:
    for position, block in enumerate(message.content, first):
        placed = Placed(index, position, block)
        if isinstance(block, ToolUse):
            call = Call(placed, block)
            turn.calls.append(call)
            turn.said.append(call)
            waiting[block.id].append(call)
        else:
            turn.blocks.append(placed)
            turn.said.append(placed)


def _add_other(
    turn: Turn,
    index: int,
    first: int,
    message: Message,
    waiting: dict[str, deque[Call]],
    orphans: list[Placed],
) -> None:
    for position, block in enumerate(message.content, first):
        placed = Placed(index, position, block)
        if not isinstance(block, ToolResult) or turn.role != "user":
            turn.blocks.append(placed)
        elif block.tool_use_id in waiting and waiting[block.tool_use_id]:
            waiting[block.tool_use_id].popleft().result = placed
            turn.answers = True
        else:
            turn.orphans.append(placed)
            orphans.append(placed)


def _shown_messages(conversation: Conversation) -> list[tuple[int, int, Message]]:
    """Messages with their index and the position of their first block that counts."""
    shown = [(index, 0, message) for index, message in enumerate(conversation.messages)]
    cut = _last_compaction(conversation)
    if cut is not None:
        index, position, summary = cut
        message = conversation.messages[index]
        rest = Message(message.role, message.content[position + 1 :], message.effort, message.clear_at)
        told = Message("user", (Text(summary_text(summary)),))
        shown = [(index, position, told), (index, position + 1, rest), *shown[index + 1 :]]
    if not any([message.clear_at for _, _, message in shown]):
        return shown
    last_user = max((index for index, _, message in shown if message.role == "user"), default=-1)
    return [entry for entry in shown if entry[2].clear_at != "next_user_message" or entry[0] > last_user]


def _last_compaction(conversation: Conversation) -> tuple[int, int, str] | None:
    if Compaction not in conversation.block_types:
        return None
    for index in range(len(conversation.messages) - 1, -1, -1):
        for position, block in enumerate(conversation.messages[index].content):
            if isinstance(block, Compaction) and block.content is not None:
                return index, position, block.content
    return None
