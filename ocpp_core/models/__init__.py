"""The tables: fields and indexes, no rules."""
