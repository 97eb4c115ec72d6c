"""The pages for a browser: rendered on the server, one stylesheet, one script for live parts."""
