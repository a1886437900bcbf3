"""An official arrangement of 2027 as notices have it, with all that the law asks of a year."""

from __future__ import annotations

from datetime import date

#: New Year, Spring Festival, 清明, 端午, 中秋 and National Day; weekends are free anyway.
OF_2027 = (
    date(2027, 1, 1),
    *(date(2027, 2, day) for day in range(5, 13)),
    date(2027, 4, 5),
    date(2027, 6, 9),
    date(2027, 9, 15),
    date(2027, 10, 1),
)
