"""PDF files as we write them: what is appended, read back and written again."""
