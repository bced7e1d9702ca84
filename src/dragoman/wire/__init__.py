"""Bytes and frames: no vocabulary of any API, no sockets."""
