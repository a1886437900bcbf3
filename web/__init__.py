"""Who sees what: pages, command line, settings and the wiring of everything."""
