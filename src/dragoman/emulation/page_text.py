def page_text(body: bytes, media_type: str, charset: str) -> tuple[str, str]:
    return "", body.decode(charset, "replace")
