"""What no backend has, made of what each has."""
