"""Feed documents of every format, to entries; and where a site's feeds are."""
