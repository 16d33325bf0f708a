"""Dutch dates and numbers. Typed dates: what a browser's own date field sends comes first."""

from __future__ import annotations

DATE_FORMAT = "j b Y"
DATETIME_FORMAT = "j b Y H:i"
SECONDS_FORMAT = "j b Y H:i:s"
DAY_TIME_FORMAT = "j b H:i"
WEEKDAY_FORMAT = "D j b Y"
TIME_FORMAT = "H:i"
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"]
