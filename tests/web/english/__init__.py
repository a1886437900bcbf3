"""English as a second language of pages."""
