"""Dragoman as a service of this machine."""
