"""A small province for one test: two hosts, the outside systems over TLS, people with browsers."""
