"""Erasing a person's data, so that every proof stays valid and everybody reads that, when and why it was done."""
