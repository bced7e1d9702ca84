"""What was used, as rules and numbers; who keeps them is above."""
