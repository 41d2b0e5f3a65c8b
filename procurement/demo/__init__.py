"""The demonstration: rounds in every phase and one real panel, all brought about by the real acts."""
