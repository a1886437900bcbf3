"""Packages of registration types while analysts work on them: drafts, trials, publications."""
