"""One running diagram in memory: its workflow, state and scripts."""
