"""Texts that analysts write: the periods and figures that they name, the Markdown of guides."""
