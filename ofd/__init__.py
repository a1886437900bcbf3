"""OFD (GB/T 33190) with national seals (GB/T 38540): written, sealed and judged.

A leaf that knows nothing of the trade: bytes and facts in, bytes and verdicts out.
"""
