"""The benchmark: this server and the reference side by side; `python -m bench --help`."""
