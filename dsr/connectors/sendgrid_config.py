"""The configuration of the `sendgrid` connector, and what a contact consists of."""

from typing import Annotated, Literal, Self

from pydantic import Field as Key
from pydantic import SecretStr, model_validator

from dsr.connectors.base import FieldType
from dsr.connectors.config import Slug
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.thirdparty import Held, PollSeconds

FIELDS = {
    "email": ("Mail address", FieldType.TEXT),
    "alternate_emails": ("Other mail addresses", FieldType.JSON),
    "first_name": ("First name", FieldType.TEXT),
    "last_name": ("Last name", FieldType.TEXT),
    "unique_name": ("User name", FieldType.TEXT),
    "phone_number": ("Telephone number", FieldType.TEXT),
    "whatsapp": ("WhatsApp", FieldType.TEXT),
    "line": ("LINE", FieldType.TEXT),
    "facebook": ("Facebook", FieldType.TEXT),
    "address_line_1": ("Address", FieldType.TEXT),
    "address_line_2": ("Address, second line", FieldType.TEXT),
    "city": ("Town", FieldType.TEXT),
    "state_province_region": ("Region", FieldType.TEXT),
    "postal_code": ("Postcode", FieldType.TEXT),
    "country": ("Country", FieldType.TEXT),
    "list_ids": ("Lists", FieldType.JSON),
    "segment_ids": ("Segments", FieldType.JSON),
    "custom_fields": ("Further fields", FieldType.JSON),
    "created_at": ("Added", FieldType.DATETIME),
    "updated_at": ("Changed", FieldType.DATETIME),
}


class SendGridConfig(AddressConfig):
    """Everything the `sendgrid` connector needs to know about one account."""

    url: str = "https://api.sendgrid.com"
    """`https://api.eu.sendgrid.com` for a subuser in the European Union."""
    api_key: Annotated[SecretStr, Key(min_length=1)]
    on_behalf_of: Annotated[str, Key(pattern=r"^[\x21-\x7e]+( [\x21-\x7e]+)?$")] | None = None
    """A subuser's name, or `account-id` and the id of a customer's account."""
    contacts: Held | None = Held(
        name="contacts",
        title="Mailing list entry",
        description="What our mailing lists hold about you.",
        category="contact_data",
    )
    """What marketing contacts are to a person; null where the account has none."""
    activity: Held | None
    """What the record of messages sent is to a person; null where this account sends nobody anything."""
    purposes: Annotated[dict[Slug, int | Literal["global"]], Key(min_length=1)] = {"marketing": "global"}
    """Purpose to the unsubscribe group by which somebody is left out of it, or `global` for all mail of the account."""
    look_up_global: bool = False
    """Whether an address may be put into the path of a call, which proxies and logs write down, to see that it is on
    the global list. Without it nothing tells whether somebody is left out by `global`."""
    poll_seconds: PollSeconds = 300.0

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.held:
            raise ValueError("contacts, activity: at least one must be described")
        if len({part.name for part in self.held}) < len(self.held):
            raise ValueError("contacts, activity: must not have the same name")
        return self

    @property
    def held(self) -> tuple[Held, ...]:
        """What the account holds."""
        return tuple(part for part in (self.contacts, self.activity) if part is not None)
