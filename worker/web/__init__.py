"""The service `web`: the HTTP API and the pages of the browser."""
