"""Step 5: each member seals a sheet for each application; all are opened at once and tallied exactly."""
