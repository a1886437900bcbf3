"""OFD (GB/T 33190) with national seals (GB/T 38540): written, sealed and judged.

A leaf that knows nothing of the trade: bytes and facts in, bytes and verdicts out.
"""

SEAL_VERSION = 4  #: GB/T 38540-2020
SEAL_VERSIONS = (SEAL_VERSION, 5)  #: that are written and judged; 5: GM/T 0031-2025
