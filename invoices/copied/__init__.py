"""An invoice that is in Exact: the card that its chip opens."""
