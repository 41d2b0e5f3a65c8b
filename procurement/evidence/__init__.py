"""Everything about one round in one file, and the check that an outsider runs on it.

bundle      what is in the file, how it is laid out                        pure
course      the entries of a round as milestones, and who may follow whom  pure
check       the facts that follow, each holds / does not hold / cannot be told
gathering   the file, made from the record of this installation
"""
