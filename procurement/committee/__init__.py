"""Step 4: the committee is formed; every member declares interests for every application."""
