"""What is refused when a page is drawn again."""


class NotDrawable(ValueError):
    """The PDF holds what is not drawn again: it was not made by our templates."""
