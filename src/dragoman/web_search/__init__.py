"""The search provider that the operator configured; only app.py may import it."""
