"""The check of folders before deployment: every mistake, at its file, with its remedy."""
