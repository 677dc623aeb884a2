"""Long work: kept in SQLite, done by a process beside the server, taken up again after a restart."""
