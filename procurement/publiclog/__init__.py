"""The tamper-evident log that every step writes to.

A step declares its kinds of entry in its own `entries.py` (see `entry.kind`) and says what happened as the last
move of an action with `append` (see `writing`). The tree over the entries is RFC 6962's, checkpoints and tiles
are those of C2SP tlog-tiles, so that other people's software can check it without asking us.

    tree        hashing, the frontier that grows, proofs                    pure
    tiles       how hashes and entries are grouped and named                pure
    entry       what an entry may contain, kind by kind                     pure
    checkpoint  signed notes, keys                                          pure
    verify      what a stranger checks                                      pure
    models      the tables                                                  triggers: what holds them append-only
    writing     `append`                                                    queries: reading
    keys        the log's key                                               signer: checkpoints that never contradict
    audit       the whole record, recomputed and replayed against the tables
"""
