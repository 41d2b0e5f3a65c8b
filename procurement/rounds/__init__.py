"""Step 2: a round is drafted, its rules are frozen, hashed and published."""
