"""A process that has just started enters; its memory is left as suits one that runs for weeks."""

from __future__ import annotations

import gc

THRESHOLDS = (5_000, 10, 5)
"""Objects are made by the thousand a message and nearly all go by themselves: look less often. What
goes in cycles only is still found within some 250,000 objects, or 30 MB."""


def settle() -> None:
    """Take what is there by now out of the garbage collector's sight.

    Modules, tables and the search index stay as long as the process. Walking through them again and
    again stopped every thread for some 50 ms: half of what the slowest acknowledgements took.
    """
    gc.unfreeze()  # a worker that broke is built anew: the former one must not stay
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
