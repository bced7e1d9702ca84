"""The way in: ASGI, plain on the hot path."""
