"""Periods of the law: clocks, due dates, windows, timers that move with holidays."""
