"""Who may do what, and when: each rule once, as a check that raises the sentence people are shown.

The needs of the rows of the lifecycle are registered by their modules: who is asking (``identity``), whose hands
(``desk``), what the systems answered (``answers``), what the law allows on a day (``time``), what is carried out in
the systems (``doing``), whether they mind what was chosen (``choices``), what a ground takes (``grounds``), what is
taken out of an answer (``marks``) or sent to somebody else (``sending``), whose account it is (``children``), who may
review what a machine decided (``reviewing``), how an objection is weighed (``objecting``), what was read into a message
by mistake (``misreading``), and complaints and appeals (``complaints``).
"""

from dsr.policies import (
    answers,
    children,
    choices,
    complaints,
    desk,
    doing,
    grounds,
    identity,
    marks,
    misreading,
    objecting,
    outward,
    reviewing,
    sending,
    time,
)
from dsr.policies.base import (
    NEEDS,
    STATE_TITLES,
    Caller,
    can_make,
    check_can_make,
    reason_against,
)
from dsr.policies.desk import not_own_case
from dsr.policies.identity import authority_holds, not_held, not_stopped
from dsr.policies.time import check_lawful

__all__ = [
    "NEEDS",
    "STATE_TITLES",
    "Caller",
    "answers",
    "authority_holds",
    "can_make",
    "check_can_make",
    "check_lawful",
    "children",
    "choices",
    "complaints",
    "desk",
    "doing",
    "grounds",
    "identity",
    "marks",
    "misreading",
    "not_held",
    "not_own_case",
    "not_stopped",
    "objecting",
    "outward",
    "reason_against",
    "reviewing",
    "sending",
    "time",
]
