"""Values and rules of charging: pure, without I/O and without a clock of their own."""
