"""Filing: documents are read, marked up, decided on and written, each batch in one transaction."""
