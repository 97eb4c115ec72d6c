"""What the data is: migrations, named queries, message contract, and a loader for them. Imports nothing of ours."""
