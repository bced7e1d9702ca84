"""What outlives a request: kept in memory."""
