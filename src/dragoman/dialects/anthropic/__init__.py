"""Anthropic's own API and every server that speaks Messages: pass-through by bytes (spec/anthropic-passthrough.md)."""
