"""What a migration does to a database that is in use, and what to do instead: one rule a file.

Rules look at what the rehearsal saw; where there was none, at the syntax tree.
"""

from alembic_safety.risk.assess import RULES, assess, level_of
from alembic_safety.risk.subject import Step, Subject

__all__ = ["RULES", "Step", "Subject", "assess", "level_of"]
