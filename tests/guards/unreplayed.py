"""What `sunlit log audit` does not compare with the public log, and why. Everything else must have a replay.

A table or a column that is neither covered by a replay nor named here fails `test_replays.py`: who edits it would not
be noticed. Name here only what decides nothing and is shown to nobody as the record.
"""

TABLES: dict[str, str] = {
    "application_draft": "a draft is the merchant's own; what is submitted is compared",
    "application_file": "what counts is the list in the submitted version, which is compared, by hash",
    "invitation": "a link that nobody has used yet; the account that comes of it is compared",
    "job": "work that waits; what it records is compared where it is recorded",
    "log_checkpoint": "the log itself; the audit checks every signature and root",
    "log_cosignature": "the log itself; whoever relies on a witness checks its signature",
    "log_disclosure": "the log itself; the audit checks every digest",
    "log_entry": "the log itself; the audit computes every hash",
    "log_head": "the log itself; the audit computes it anew",
    "log_tile_hash": "the log itself; the audit computes it anew",
    "mail": "letters; none of them is an act",
    "mail_preference": "how somebody wants their letters",
    "merchant_invitation": "a link that nobody has used yet; who acts for a business is compared",
    "password_reset": "a link; signing in is no act",
    "recovery_code": "a way of signing in",
    "round_draft": "a draft binds nobody; what is published is compared",
    "round_number": "a counter; the references made with it are compared",
    "search_document": "made anew from what is public at any time",
    "search_state": "made anew from what is public at any time",
    "declaration_draft": "declares nothing until it is given; declarations are compared",
    "milestone_told": "which letters were written; none of them is an act",
    "reminded": "which letters were written; none of them is an act",
    "sheet_draft": "a sheet binds nobody until it is sealed; sealed ones are compared",
    "sign_in": "sessions; signing in is no act",
}

_FILE = "how a file is called and shown; its content is compared, by hash"
_COUNTED = "how a deadline was counted, for reading; the deadline is compared, and `sunlit verify` counts it anew"
_LINK = "the hash of a private link"
_SECRET = "a way of signing in, which is no act"
_WORK = "work that waits"

COLUMNS: dict[str, str] = {
    "certificate.media_type": _FILE,
    "certificate.size": _FILE,
    "certificate.file_name": _FILE,
    "debarment.evidence_type": _FILE,
    "debarment.evidence_name": _FILE,
    "merchant_user.authority_type": _FILE,
    "merchant_user.authority_name": _FILE,
    "objection_file.name": _FILE,
    "objection_file.media_type": _FILE,
    "objection_file.size": _FILE,
    "record_search.media_type": _FILE,
    "record_search.file_name": _FILE,
    "decision.base_size": _FILE,
    "decision.file_size": _FILE,
    "decision_signature.file_size": _FILE,
    "paper.en_size": _FILE,
    "paper.zh_size": _FILE,
    "paper.issued_at": "the time of the act that the paper records, which is compared itself",
    "interference.member_id": "who wrote in confidence; the log may not tell, the message is compared",
    "decision_signature.counted": _COUNTED,
    "recusal_request.counted": _COUNTED,
    "recusal_request.language": "of letters",
    "recusal_request.token_sha256": _LINK,
    "decision.job_id": _WORK,
    "decision_signature.job_id": _WORK,
    "milestone.counted": _COUNTED,
    "notice.counted": _COUNTED,
    "objection_step.counted": _COUNTED,
    "question.counted": _COUNTED,
    "objection.language": "of letters",
    "observer.language": "of letters",
    "objection.token_sha256": _LINK,
    "observer.token_sha256": _LINK,
    "declaration.round_id": "follows from the member, whose round is compared",
    "declaration.detail": "a note that the supervisor alone reads; the ground, which recuses, is compared",
    "user_account.password_hash": _SECRET,
    "user_account.totp_secret": _SECRET,
    "user_account.totp_confirmed_at": _SECRET,
    "user_account.totp_last_step": _SECRET,
    "user_account.failures": _SECRET,
    "user_account.locked_until": _SECRET,
    "user_account.language": "of pages and letters",
}
