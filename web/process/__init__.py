"""The process itself: wiring, logs, memory, twins."""
