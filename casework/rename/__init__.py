"""An enterprise's new name: a batch, one item for each engineer."""
