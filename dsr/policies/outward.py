"""What somebody who speaks to whoever reported a child's account may see of it: as much as the reporter, and no more.

The case of the account itself is not there for them. Of the report they see that it came in and that it was dealt with;
neither numbers nor times of what happened in between, which could say whether there was anything to do.
"""

from dsr.lifecycle import Actor
from dsr.models import SubjectRequest, Submission
from dsr.policies.base import Caller
from dsr.rights import Right

TOLD = frozenset(
    {"file", "take_in", "acknowledge", "ask", "answer", "message", "note_unasked", "miss", "settle", "purged"}
)
"""What happened to a report, as far as the reporter knows it."""
_DESK = frozenset({Actor.ANALYST, Actor.APPROVER})


def is_outside(by: Caller) -> bool:
    """Whether a caller speaks to people and does not work on cases; auditors read and speak to nobody."""
    return Actor.SUPPORT in by.roles and not by.roles & _DESK


def is_hidden(submission: Submission, by: Caller) -> bool:
    """Whether a submission is not there for a caller."""
    return submission.sheltered and is_outside(by)


def is_report(request: SubjectRequest) -> bool:
    """Whether it is the report of a child's account."""
    return request.right == Right.CHILD_ACCOUNT
