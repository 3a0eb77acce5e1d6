"""What lives as long as the process: connections of stations and what is sent over them."""
