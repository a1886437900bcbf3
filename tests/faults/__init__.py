"""What fails under an act: each statement, commit, kept file and outside call in turn."""
