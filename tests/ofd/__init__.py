"""OFD files: written, sealed, judged."""
