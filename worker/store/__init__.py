"""The queries of `schema/queries/`, one typed function each, by noun. Nothing here opens a transaction or decides."""
