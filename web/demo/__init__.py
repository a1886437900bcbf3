"""`zhuce demo`: a registration walked over HTTP by people who read pages and fill in forms."""
