"""HTTP: the WebSocket of stations, the APIs of programs, the pages of people."""
