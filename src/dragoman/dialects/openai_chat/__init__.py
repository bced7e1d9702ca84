"""OpenAI Chat Completions, and the many servers that are compatible with it (spec/openai-chat.md)."""
