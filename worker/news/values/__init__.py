"""Values that every format has: text, dates, addresses, names, encodings."""
