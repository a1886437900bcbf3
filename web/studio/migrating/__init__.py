"""Running cases on their way to a newer version: what stands for what, and what was tried."""
