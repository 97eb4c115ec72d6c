"""Article pages: what they declare, and the body they show."""
