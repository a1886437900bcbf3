"""The closed language of diagrams: XML, expressions, FEEL, decision tables, timers."""
