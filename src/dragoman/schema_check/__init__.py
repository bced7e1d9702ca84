"""Checks answers against the schemas that clients want, in a process of its own."""
