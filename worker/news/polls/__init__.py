"""When to poll a feed, and what is wrong with it. No copy is read here."""
