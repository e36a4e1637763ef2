"""The form by which marketing is ended for an address or a number."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.public.forms import MailAddress, PlainText, PublicForm
from dsr.services.choices.purposes import CHANNELS

_FEWEST_DIGITS = 6
ALL, SOME = "all", "some"
"""Whether everything is meant."""


class StopForm(PublicForm):
    """Whom to stop writing to, and about what. Nothing else is asked, and no proof."""

    email = MailAddress(label=gettext_lazy("Mail address"), required=False)
    phone = PlainText(
        label=gettext_lazy("Telephone number (optional)"),
        help_text=gettext_lazy("With the code of the country, for example +353 20 910 1234."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    what = forms.ChoiceField(
        label=gettext_lazy("What shall stop?"),
        widget=forms.RadioSelect,
        initial=ALL,
        choices=[
            (ALL, gettext_lazy("All marketing, by every channel")),
            (SOME, gettext_lazy("Only what I tick under topics and channels")),
        ],
        error_messages={
            "required": gettext_lazy("Choose whether everything shall stop."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )
    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Topics"), required=False, widget=forms.CheckboxSelectMultiple
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(CHANNELS.items()),
    )

    def __init__(self, *args: Any, topics: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = topics  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        """Return the number, which has to have as many digits as the shortest there are."""
        text = str(self.cleaned_data["phone"])
        if text and sum(sign.isdecimal() for sign in text) < _FEWEST_DIGITS:
            raise ValidationError(_("Enter a telephone number, for example +353 20 910 1234."))
        return text

    def clean(self) -> dict[str, Any]:
        """Want an address or a number, and something ticked where not everything is meant."""
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Enter the mail address or the telephone number that shall be left alone."))
        if cleaned.get("what") == SOME and not (cleaned.get("topics") or cleaned.get("channels")):
            self.add_error("topics", _("Tick what shall stop, or choose all marketing."))
        return cleaned
