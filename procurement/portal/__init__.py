"""What citizens see: home, rounds, applications, decisions. Reads only."""
