"""Requests to untrusted servers: only public addresses, bounded in time and size, and within each host's budget."""
