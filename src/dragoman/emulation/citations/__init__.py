"""Citations of documents and search results that the client sent, by markers in the text (docs/decisions/0035)."""
