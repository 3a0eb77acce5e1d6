"""Tables as files: what goes in is the same for CSV and XLSX, and comes in bites."""
