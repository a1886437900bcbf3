"""Pages of a PDF of ours, drawn again operator by operator."""
