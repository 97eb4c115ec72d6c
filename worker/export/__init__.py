"""Articles as files: one module for each format, one reader of articles, and the parts and manifest of an export."""
