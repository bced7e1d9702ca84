"""The settings: read from environment and .env, checked, and made into channels and a model map."""
