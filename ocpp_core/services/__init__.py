"""What the system does: functions that are units of work, or queries."""
