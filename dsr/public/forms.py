"""The forms of the public pages: which questions, which answers can be used, and what people are told otherwise.

They check what can be said in a form's own words. The services check everything again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import ids
from dsr.public import places
from dsr.selectors.queue import cleaned_reference
from dsr.services.intake import clean_text
from notifications.mail import deliverable

LONGEST_TEXT = 4000
LONGEST_MESSAGE = 10_000
_FORM_ADDRESS = gettext_lazy("Enter a mail address in the form name@example.org.")


class Option(str):
    """The label of a choice, with a hint below it and lines that say what follows from choosing it."""

    hint: str
    more: tuple[str, ...]

    def __new__(cls, label: str, hint: str = "", more: Iterable[str] = ()) -> Self:
        """Make a label."""
        made = super().__new__(cls, label)
        made.hint, made.more = hint, tuple(more)
        return made


class PublicForm(forms.Form):
    """A form whose labels have no colons and whose fields say themselves what is wrong."""

    use_required_attribute = (
        False  # the browser's own bubbles vanish, cannot be reread and know only their own language
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class PlainText(forms.CharField):
    """A text without control characters or overrides of its direction."""

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        """Return the text as we keep it."""
        text = str(super().clean(value) or "")
        try:
            return clean_text(text, lines=self.lines)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class MailAddress(forms.CharField):
    """An address that mail can be sent to."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "email", "autocomplete": "email", "inputmode": "email", "spellcheck": "false"}
        widget = forms.TextInput(attrs={**attrs, "autocapitalize": "none"})
        messages = {"required": _FORM_ADDRESS}
        super().__init__(widget=widget, max_length=254, error_messages=messages, **kwargs)

    def clean(self, value: Any) -> str:
        """Return the address as mail is sent to it."""
        text = str(super().clean(value))
        try:
            return deliverable(text) if text else ""
        except ValueError:
            raise ValidationError(_FORM_ADDRESS) from None


class SixDigits(forms.CharField):
    """The code from a mail. Spaces and dashes do not matter."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"})
        super().__init__(
            label=gettext_lazy("Six-digit code"),
            help_text=gettext_lazy("It is in the mail, six digits such as 042 519."),
            widget=widget,
            max_length=40,
            error_messages={"required": gettext_lazy("Enter the six digits from the mail.")},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        """Return six digits."""
        text = str(super().clean(value))
        digits = "".join(mark for mark in text if not mark.isspace() and mark not in "-.\u2010\u2011\u2013")
        if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
            raise ValidationError(_("The code has six digits. Look again at the newest mail."))
        return digits


class CodeForm(PublicForm):
    """Where the code goes."""

    code = SixDigits()


class AddressForm(PublicForm):
    """Where a corrected address goes."""

    email = MailAddress(label=gettext_lazy("Your mail address"))


class MessageForm(PublicForm):
    """What the person writes to the organisation."""

    text = PlainText(
        lines=True,
        label=gettext_lazy("Your message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


class TrackForm(PublicForm):
    """Reference and address, for a link to the tracker."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        help_text=gettext_lazy(
            "Ten letters and digits such as 7K3MX-9TCRA. Capitals, spaces and dashes make no difference."
        ),
        max_length=60,
        widget=forms.TextInput(
            attrs={
                "class": "reference-input",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": gettext_lazy("Enter the reference. It is in every mail from us.")},
    )
    email = MailAddress(
        label=gettext_lazy("Mail address"), help_text=gettext_lazy("The one that you used for the request.")
    )

    def clean_reference(self) -> str:
        """Return the reference in its canonical form. A sign that we never use is taken for the one it looks like."""
        text = self.cleaned_data["reference"]
        try:
            return cleaned_reference(text) or ids.clean_reference(text)
        except ValueError as error:
            raise ValidationError(str(_REFERENCE_PROBLEMS[str(error)])) from None


_REFERENCE_PROBLEMS: Mapping[str, str | Promise] = {
    "length": gettext_lazy("A reference has ten letters and digits. Check whether one is missing or too many."),
    "symbol": gettext_lazy(
        "This holds a sign that references never have. They use 2 3 4 5 6 7 8 9 and A C E F H J K M N P R T W X Y; "
        "there is no zero, no one, and no B, D, G, I, L, O, Q, S, U, V or Z."
    ),
    "check": gettext_lazy("One of the signs is mistyped, or two have changed places. Compare it sign by sign."),
}

# --- The questions of the request form -------------------------------------------------------------------------------


class WhoForm(PublicForm):
    """What the person is to the organisation."""

    relationship = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what fits best."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )

    about = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Is it about another company or brand?"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": gettext_lazy("Choose one of these.")},
    )

    def __init__(
        self,
        *args: Any,
        options: Sequence[tuple[str, Option]],
        others: Sequence[tuple[str, Option]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["relationship"].choices = options  # type: ignore[attr-defined]
        if others:
            self.fields["about"].choices = [("", Option(_("No"))), *others]  # type: ignore[attr-defined]
        else:
            del self.fields["about"]


PASS_ON, ASK_HERE = "yes", "no"


class DoorForm(PublicForm):
    """Whether what somebody else is likely to answer may be passed on there. Whatever is said, it is asked here."""

    pass_on = forms.ChoiceField(
        label=gettext_lazy("How would you like to go on?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose how to go on."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )

    def __init__(self, *args: Any, passes: bool, **kwargs: Any) -> None:
        """``passes``: there is somebody in the directory to whom it can be passed on."""
        super().__init__(*args, **kwargs)
        here = Option(
            _("Ask here, and pass nothing on"), _("If somebody else answers, you hear who, and turn there yourself.")
        )
        choices = [(ASK_HERE, here)]
        if passes:
            on = Option(
                _("Ask here, and let us pass it on"),
                _("If somebody else answers, we give them your name, your mail address and what you ask for."),
            )
            choices.append((PASS_ON, on))
        self.fields["pass_on"].choices = choices  # type: ignore[attr-defined]


class WhereForm(PublicForm):
    """The country."""

    country = forms.ChoiceField(
        error_messages={
            "required": gettext_lazy("Choose the country where you live."),
            "invalid_choice": gettext_lazy("Choose a country from the list."),
        },
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose a country")), *places.countries(language)]  # type: ignore[attr-defined]


class RegionForm(PublicForm):
    """The region, asked only where some rule treats it in a way of its own."""

    region = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose where in the country you live."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )

    def __init__(self, *args: Any, country: str, regions: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(region, places.region_name(country, region)) for region in regions]
        self.fields["region"].choices = [*named, (places.ELSEWHERE, _("Somewhere else in the country"))]  # type: ignore[attr-defined]


class WhatForm(PublicForm):
    """The rights."""

    rights = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one thing to ask for."),
            "invalid_choice": gettext_lazy("One of the things you chose cannot be asked for with these answers."),
        },
    )

    def __init__(self, *args: Any, options: Sequence[tuple[str, Option]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rights"].choices = options  # type: ignore[attr-defined]


class ReachForm(PublicForm):
    """How to reach the person, and by what else to find them where systems are searched."""

    def __init__(self, *args: Any, searched: bool = True, **kwargs: Any) -> None:
        """Without ``searched`` nothing is asked that one could be found by."""
        super().__init__(*args, **kwargs)
        if not searched:
            del self.fields["account"]

    email = MailAddress(
        label=gettext_lazy("Mail address"),
        help_text=gettext_lazy(
            "Use the address that the organisation knows you by. We send a code there to make sure that it is yours, "
            "and search the systems for what belongs to it."
        ),
    )
    name = PlainText(
        required=False,
        max_length=200,
        label=gettext_lazy("Your name (optional)"),
        help_text=gettext_lazy("So that we can address you. Leave it empty if you would rather not say."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
    )
    account = PlainText(
        required=False,
        max_length=200,
        label=gettext_lazy("Account number (optional)"),
        help_text=gettext_lazy(
            "Only if you write from an address that the organisation may not know. Before anything is searched by it "
            "you show that the account is yours, or go on without it."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


# --- The questions that only somebody is asked who asks for somebody else --------------------------------------------


class AgentForm(PublicForm):
    """On what somebody asks for somebody else, and who that is."""

    def __init__(self, *args: Any, options: Sequence[tuple[str, Option]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent.kind"] = forms.ChoiceField(
            choices=options,
            widget=forms.RadioSelect,
            error_messages={
                "required": _("Choose on what you ask for somebody else."),
                "invalid_choice": _("Choose one of these."),
            },
        )
        self.fields["agent.name"] = PlainText(
            max_length=200,
            label=_("Your own name, or that of your organisation"),
            help_text=_("The person you ask for is told that it is you."),
            widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
            error_messages={"required": _("Give your own name, or that of your organisation.")},
        )


class PersonForm(PublicForm):
    """Whom somebody asks for."""

    name = PlainText(
        max_length=200,
        label=gettext_lazy("The person's name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Give the name of the person you ask for.")},
    )

    def __init__(self, *args: Any, child: bool, searched: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent.person_email"] = PersonAddress(
            required=False,
            label=_("The person's own mail address"),
            help_text=_(
                "The one that the organisation knows them by: the systems are searched for what belongs to it. With "
                "signed permission we also ask there whether it was given. Leave it empty if there is none."
            ),
        )
        if searched:
            self.fields["account"] = PlainText(
                required=False,
                max_length=200,
                label=_("The person's account number (optional)"),
                help_text=_("If you know it. It is searched by only once it is shown to be the person's."),
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
        if child:
            self.fields["agent.child_age"] = forms.IntegerField(
                min_value=0,
                max_value=130,
                label=_("How old is the child?"),
                help_text=_("In years. We need no document of the child."),
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                error_messages={
                    "required": _("Give the age of the child in years."),
                    "invalid": _("Give the age in whole years, such as 9."),
                },
            )


class PersonAddress(MailAddress):
    """Somebody else's address, which may stay empty and which no browser fills in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value: Any) -> str:
        """Return the address as mail is sent to it, "" for none."""
        return super().clean(value) if str(value or "").strip() else ""


class AgentReachForm(PublicForm):
    """How to reach whoever asks for somebody else."""

    email = MailAddress(
        label=gettext_lazy("Your own mail address"),
        help_text=gettext_lazy(
            "We send a code there to make sure that it is yours, and write there how the request stands. Nothing is "
            "searched by it."
        ),
    )


class PaperForm(PublicForm):
    """The paper that somebody acts on."""

    file = forms.FileField(
        label=gettext_lazy("The paper"),
        help_text=gettext_lazy("A photo (JPEG or PNG) or a PDF file, up to 10 MB."),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
            "invalid": gettext_lazy("Choose a file first."),
        },
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )


class CpniForm(PublicForm):
    """Which account's use data is not to be used for marketing. Nothing else is asked, and no proof."""

    account = PlainText(
        label=gettext_lazy("Account number"),
        help_text=gettext_lazy("As it stands on your bills and in the console. Capitals make no difference."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter the number of the account.")},
    )
