"""Peers and helpers that tests share."""
