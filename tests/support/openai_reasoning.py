"""Where servers put the model's thoughts (spec/openai-chat.md section 9.3)."""

from typing import Any

from tests.support.openai_flavor import Flavor


def reasoning_deltas(pieces: list[str], flavor: Flavor) -> list[dict[str, Any]]:
    """How this server says its thoughts; none if they stay hidden."""
    match flavor.reasoning:
        case "hidden":
            return []
        case "reasoning_content":
            return [{"content": None, "reasoning_content": piece} for piece in pieces]
        case "reasoning":
            return [{"content": "", "reasoning": piece} for piece in pieces]
        case "both":
            return [{"reasoning": piece, "reasoning_content": piece} for piece in pieces]
        case "reasoning_details":
            return [
                {"content": "", "reasoning": piece, "reasoning_details": [detail]}
                for piece, detail in zip([*pieces, None], reasoning_details(pieces), strict=True)
            ]
        case "think_tags":
            return [{"content": piece} for piece in ["<think>", "\n", *pieces, "\n</th", "ink>", "\n\n"]]
        case "bare_think_end":
            return [{"content": piece} for piece in [*pieces, "\n</think>\n\n"]]
        case "content_parts":
            return [
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": piece}]}]}
                for piece in pieces
            ]


def reasoning_details(pieces: list[str]) -> list[dict[str, Any]]:
    """OpenRouter's typed pieces; the last one is the signature that has to come back."""
    common = {"type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0}
    said = [common | {"text": piece} for piece in pieces]
    return [*said, common | {"text": "", "signature": f"details-{len(''.join(pieces))}"}]


def whole_reasoning(thoughts: str, texts: str, flavor: Flavor) -> dict[str, Any]:
    """The fields of the message in a whole answer."""
    match flavor.reasoning:
        case "hidden":
            return {}
        case "reasoning_content" | "reasoning":
            return {flavor.reasoning: thoughts}
        case "both":
            return {"reasoning": thoughts, "reasoning_content": thoughts}
        case "reasoning_details":
            signed = reasoning_details([thoughts])
            return {
                "reasoning": thoughts,
                "reasoning_details": [signed[0] | {"signature": signed[1]["signature"]}],
            }
        case "think_tags":
            return {"content": f"<think>\n{thoughts}\n</think>\n\n{texts}"}
        case "bare_think_end":
            return {"content": f"{thoughts}\n</think>\n\n{texts}"}
        case "content_parts":
            thinking = {"type": "thinking", "thinking": [{"type": "text", "text": thoughts}]}
            return {"content": [thinking, *([{"type": "text", "text": texts}] if texts else [])]}
