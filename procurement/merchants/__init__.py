"""Step 1: who may apply. A business is registered once, by the people who act for it."""
