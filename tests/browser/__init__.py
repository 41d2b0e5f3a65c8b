"""The real application in a real browser."""
