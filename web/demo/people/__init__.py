"""The people of the demonstration: who they are, and what happened before it begins."""
