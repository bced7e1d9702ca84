"""The languages of backends. Each folder knows one; none knows a URL, a key, a socket or another dialect."""
