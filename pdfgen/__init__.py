"""What it looks like: template and data in, PDF with named signature fields out."""
