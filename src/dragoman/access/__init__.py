"""Where an upstream is and how we prove who we are; nothing here knows what a message says."""
