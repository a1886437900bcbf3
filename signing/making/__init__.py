"""Signatures into PDF files: pictures, increments, archives."""
