"""Images as URLs, as OpenAI's kind of servers take them: those of the web, and data URLs (spec/openai-chat.md section 2.2)."""

from collections.abc import Callable

from dragoman.dialects.block_parts import FETCHING, BlockParts, Part
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Image

NO_VISION = "[image omitted: model has no vision]"


def image_part(
    image: Image,
    path: str,
    blocks: BlockParts,
    quirks: Quirks,
    losses: Losses,
    part_of: Callable[[str], Part],
) -> Part:
    """What `part_of` makes of the image's URL, or the note that stands in its place. Losses: what has no URL that the
    server can use."""
    if not quirks.images:
        losses.dropped(path, "the model has no vision")
        return blocks.text_part(NO_VISION)
    source = image.source
    data, url = source.get("data"), source.get("url")
    if source.get("type") == "base64" and isinstance(data, str):
        blocks.count_media("image", source, data)
        return part_of(f"data:{source.get('media_type') or 'image/png'};base64,{data}")
    if source.get("type") == "url" and isinstance(url, str):
        if quirks.image_urls:
            return part_of(url)
        losses.dropped(path, f"the server does not fetch images from URLs; {FETCHING}")
        return blocks.text_part(f"[image omitted: the model cannot open {url}]")
    losses.dropped(path, "the image is not in the request itself")
    return blocks.text_part("[image omitted: it is not in the request itself]")
