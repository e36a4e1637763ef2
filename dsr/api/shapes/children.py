"""What the moves on a report of a child's account take, and what is known of the account."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body
from dsr.api.shapes.values import Line

_Word = Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9_]+$")]


class WithAccount(Body):
    """By what an account is looked for, where it is something else than what was reported."""

    account: Line = Field(
        "", max_length=1000, description="Numbers, mail addresses or telephone numbers, set apart by commas."
    )


class WithFinding(Body):
    """Whether an account is a child's, what speaks for it, and what was gone through."""

    finding: Literal["child", "not_child", "unclear", "nobody"]
    reason: str = Field(min_length=1, max_length=10_000, description="For colleagues; the reporter never reads it.")
    signs: list[_Word] = Field(default_factory=list, max_length=30, description="Ids of signs in the rule files.")
    conflict: Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9_]*$")] = Field(
        "", description="How those around the child disagree, if they do."
    )
    guidance: list[_Word] = Field(default_factory=list, max_length=30, description="Points that were gone through.")
    tell_account: bool = Field(True, description="Whether the account's own address is written to.")


class AccountShown(Shown):
    """What is known of a reported account."""

    under: int | None = Field(description="Below how many years somebody is a child where the report comes from.")
    law: str | None = Field(description="The law that says so, or `notice`; null for a policy of the service.")
    counts: dict[str, int] = Field(description="Records by data category, over all systems.")
    finding: str | None = Field(description="`child`, `not_child`, `unclear`, `nobody`; null while it is open.")
    signs: list[str]
    conflict: str | None
    found_at: datetime | None
    final_at: datetime | None
    requests: list[UUID] = Field(description="The requests in which the account is shut and erased.")
