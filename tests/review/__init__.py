"""The review screen, from the outside."""
