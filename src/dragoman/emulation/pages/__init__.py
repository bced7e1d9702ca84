"""Pages that were fetched: as text, and as documents."""
