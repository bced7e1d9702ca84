"""Real vocabularies of tokenizers; nothing of them is imported before it is needed."""
