"""What is told of a conversation enters; a Procrastinate job, or a word to its holder, leaves.

A job only says "look at this conversation": it is gone a few milliseconds later, when a worker
took note. Order and exclusiveness come from the lease, so jobs carry no `lock`; the `queueing_lock`
keeps what is told twice from being queued twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from procrastinate.jobs import Job

QUEUE = "mostrador"
TASK = "mostrador.wake"
JOBS = f"procrastinate_queue_v1#{QUEUE}"
"""The channel on which Procrastinate's own trigger says that a job was added."""
CONNECT_S = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One wake-up, as `wakeups.Wake` takes it."""

    conversation_id: int
    due_at: datetime
    seq: int = 0
    holder: str | None = None

    @classmethod
    def from_job(cls, arguments: dict[str, Any]) -> Self:
        """Read what `job` wrote."""
        due_at = datetime.fromisoformat(arguments["due_at"])
        return cls(arguments["conversation_id"], due_at, arguments["seq"])

    @classmethod
    def from_word(cls, said: str) -> Self:
        """Read what `word` wrote."""
        return cls.from_job(json.loads(said))

    @property
    def job(self) -> Job:
        """For whichever worker is free."""
        return Job(
            queue=QUEUE,
            task_name=TASK,
            lock=None,
            queueing_lock=str(self.conversation_id),
            task_kwargs=self._arguments,
        )

    @property
    def word(self) -> str:
        """For the holder, who listens to the channel of its own name."""
        return json.dumps(self._arguments)

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "conversation_id": self.conversation_id,
            "due_at": self.due_at.isoformat(),
            "seq": self.seq,
        }
