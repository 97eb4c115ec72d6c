"""Wire copy in plain text: its lines, datelines, and the paragraphs they make."""
