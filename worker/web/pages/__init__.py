"""The pages of the desk for a browser: server-rendered, one stylesheet, one script for what is live."""
