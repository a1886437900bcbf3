"""The analysts' workbench: packages drafted, checked, tried, and published by two."""
