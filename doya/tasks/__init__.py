"""Tasks of learning: sequences with targets, some ready, their gradient, and teacher forcing."""

from doya.tasks.delays import delay
from doya.tasks.flip_flops import flip_flop
from doya.tasks.latches import latch
from doya.tasks.oscillations import oscillate

__all__ = ["delay", "flip_flop", "latch", "oscillate"]
