"""The codes by which anybody verifies a certificate, a copy or a letter: in the QR code, and typed.

A code is eleven random characters (2^53) and a check character, printed in groups of four beside
the QR code that leads to it. No character looks like another (no 0 O, 1 I L, U V). Papers of
earlier years carry 32 hexadecimal digits in their QR code, and keep them.
"""

from __future__ import annotations

import re
import secrets

from stdnum.iso7064 import mod_37_36

from registry import readings

#: 30 characters: one less than a prime, so that ISO 7064 finds every wrong character (MOD 31,30)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12  #: with the check character
_SHORT = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_OF_EARLIER_YEARS = re.compile("[0-9A-F]{32}")


def new() -> str:
    """Give a code that nobody can guess.

    >>> is_code(new())
    True
    """
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + str(mod_37_36.calc_check_digit(body, ALPHABET))


def looks_like(text: str) -> bool:
    """Tell whether `text` is written like a code of today, whatever its check character.

    >>> looks_like("7K3MQ2X9RAFP"), looks_like("S22631000012")
    (True, False)
    """
    return _SHORT.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Tell whether `text` can be a code: of earlier years, or with its check character.

    >>> is_code("7K3MQ2X9RAFH"), is_code("7K3MQ2X9RAFP")
    (True, False)
    >>> is_code("0f8a6b3c5d1e4f7a9b2c8d6e4f1a3b5c")
    True
    """
    if _SHORT.fullmatch(text):
        return bool(mod_37_36.is_valid(text, ALPHABET))
    return _OF_EARLIER_YEARS.fullmatch(text.upper()) is not None and text == text.lower()


def read(pasted: str) -> str:
    """Read a code however it was typed or pasted: grouped, full-width, with its label or address.

    What is none comes back as it was understood; `is_code` tells.

    >>> read("查验码：７ｋ3m-Q2X9 RaFh"), read("https://zhuce.example/verify/7K3MQ2X9RAFH?from=scan")
    ('7K3MQ2X9RAFH', '7K3MQ2X9RAFH')
    >>> read("0F8A 6B3C 5D1E 4F7A 9B2C 8D6E 4F1A 3B5C")
    '0f8a6b3c5d1e4f7a9b2c8d6e4f1a3b5c'
    """
    folded = readings.number(pasted)
    if "/VERIFY/" in folded:
        folded = re.split("[?#/]", folded.rpartition("/VERIFY/")[2])[0]
    code = re.sub("[^0-9A-Z]", "", folded)
    return code.lower() if _OF_EARLIER_YEARS.fullmatch(code) else code


def grouped(code: str) -> str:
    """Write a code as it is printed.

    >>> grouped("7K3MQ2X9RAFH")
    '7K3M-Q2X9-RAFH'
    """
    return "-".join(re.findall(".{1,4}", code))
