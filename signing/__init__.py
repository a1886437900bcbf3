"""Who vouches: bytes in, signed bytes out, and the verdict on signed bytes."""
