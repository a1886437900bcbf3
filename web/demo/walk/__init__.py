"""The walk of the demonstration: every matter over HTTP, and the files it leaves."""
