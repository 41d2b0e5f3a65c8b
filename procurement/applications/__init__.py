"""Step 3: merchants apply; after the deadline every application gets a verdict with a coded reason."""
