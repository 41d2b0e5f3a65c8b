"""Step 7: the decision is drawn up from the record, signed by each signatory, published, superseded."""
