"""Forms of registration types on screen: JSON Schema + ui file in, fields for templates out."""
