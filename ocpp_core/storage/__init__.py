"""The database: opening it, units of work through the writer, checkpoints."""
