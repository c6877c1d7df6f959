"""State changes in the log; imported with the first of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from overcurrent._native import Event

logger = logging.getLogger("overcurrent")
logger.addHandler(logging.NullHandler())


def transition(event: Event) -> None:
    level = logging.WARNING if event.new in ("open", "forced-open") else logging.INFO
    logger.log(level, "%s: %s -> %s", event.name, event.old, event.new)
