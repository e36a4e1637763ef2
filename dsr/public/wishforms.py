"""The forms by which somebody chooses for an address or a number: no account, no proof."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.public.forms import MailAddress, PlainText, PublicForm
from dsr.services.choices.purposes import CHANNELS
from notifications.normal import international

ALL, SOME = "all", "some"
"""Whether everything is meant."""


class KnownByForm(PublicForm):
    """By what somebody is known, and no more: one of the two is enough. Honda order, March 2025"""

    nobody: ClassVar[str | Promise] = gettext_lazy("Enter your mail address, your telephone number, or both.")

    email = MailAddress(required=False, label=gettext_lazy("Mail address"))
    phone = PlainText(
        required=False,
        label=gettext_lazy("Telephone number"),
        help_text=gettext_lazy("With the country, such as +1 415 555 0100."),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self) -> str:
        """Return the number as systems keep it."""
        text = str(self.cleaned_data["phone"])
        number = international(text)
        if text and not number:
            raise ValidationError(_("Enter the number with its country, such as +1 415 555 0100."))
        return number

    def clean(self) -> dict[str, Any]:
        """Want one of the two."""
        given = super().clean() or {}
        if not self.errors and not (given.get("email") or given.get("phone")):
            self.add_error("email", str(self.nobody))
        return given

    def identifiers(self) -> dict[str, list[str]]:
        """Return what was given, by kind."""
        return {kind: [value] for kind in ("email", "phone") if (value := self.cleaned_data[kind])}


class StopForm(KnownByForm):
    """Whom to stop writing to, and about what. Nothing else is asked, and no proof."""

    nobody = gettext_lazy("Enter the mail address or the telephone number that shall be left alone.")

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
        label=gettext_lazy("Topics"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose among these.")},
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(CHANNELS.items()),
        error_messages={"invalid_choice": gettext_lazy("Choose among these.")},
    )

    def __init__(self, *args: Any, topics: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topics"].choices = topics  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Want something ticked, too, where not everything is meant."""
        cleaned = super().clean()
        wrong = {"topics", "channels"} & set(self.errors)
        if cleaned.get("what") == SOME and not (wrong or cleaned.get("topics") or cleaned.get("channels")):
            self.add_error("topics", _("Tick what shall stop, or choose all marketing."))
        return cleaned


class ConsentForm(KnownByForm):
    """Whose consent is taken back, and which. Nothing else is asked: no reason, and no proof."""

    nobody = gettext_lazy("Enter the mail address or the telephone number by which you are known.")

    what = forms.ChoiceField(
        label=gettext_lazy("What do you take back?"),
        widget=forms.RadioSelect,
        initial=ALL,
        choices=[
            (ALL, gettext_lazy("Everything that I agreed to")),
            (SOME, gettext_lazy("Only what I tick below")),
        ],
        error_messages={
            "required": gettext_lazy("Choose whether you take everything back."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )
    consents = forms.MultipleChoiceField(
        label=gettext_lazy("Consents"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose among these.")},
    )

    def __init__(self, *args: Any, consents: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consents"].choices = consents  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Want something ticked, too, where not everything is meant."""
        cleaned = super().clean()
        if cleaned.get("what") == SOME and "consents" not in self.errors and not cleaned.get("consents"):
            self.add_error("consents", _("Tick what you take back, or choose everything."))
        return cleaned
