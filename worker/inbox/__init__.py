"""The inbox: accepting submissions, and leasing documents and feeds to workers."""
