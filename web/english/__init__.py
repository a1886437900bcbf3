"""English as a second language of pages: a catalogue of texts, and pages turned by it."""
