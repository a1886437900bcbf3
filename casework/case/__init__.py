"""What all matters share: the opened case, its trail, reasons, evidence, printed data."""
