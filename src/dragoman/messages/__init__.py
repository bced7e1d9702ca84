"""The canonical model: Anthropic's Messages API, its requests, events, grammar and errors."""
