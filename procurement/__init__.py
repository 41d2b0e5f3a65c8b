"""Sunlit 阳光选品: how goods are chosen for an official's livestream, in the order of the folders.

A business registers (merchants). An organiser drafts a round, its rules are frozen and published (rounds).
Merchants apply; after the deadline each application gets a verdict (applications). A committee is formed and
declares its interests (committee), scores alone in sealed sheets that are opened together (scoring). The
ranked result goes on public notice and anyone may object (objections). What follows is decided, signed and
published (decisions) and followed up. Every act is an entry in the public log (publiclog); citizens read all
of it (portal). `process.py` registers the steps; read that next.
"""
