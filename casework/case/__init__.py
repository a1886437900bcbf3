"""What all matters share: the trail, open tasks, reasons, evidence, printed data."""
