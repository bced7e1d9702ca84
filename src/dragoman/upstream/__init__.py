"""Sockets to upstreams; the only place that knows aiohttp."""
