"""How PDF files of ours grow: what is appended, and what stands in a file, read as text."""
