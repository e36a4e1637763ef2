"""The system `support`: tickets and recordings in a folder that only its owner looks into. Searched by hand.

The files are there so that whoever plays the owner has something to hand in.
"""

from pathlib import Path

from dsr.demo.people import ADA_EMAIL, Person, customers

_ADA = {
    "ticket-1042.eml": (
        f"From: {ADA_EMAIL}\nTo: support@example.com\nDate: Tue, 12 May 2026 09:14:00 +0100\n"
        "Subject: Number does not ring\n\nSince this morning nobody reaches me on my Cork number.\n\nAda\n"
    ),
    "ticket-1042-answer.eml": (
        f"From: support@example.com\nTo: {ADA_EMAIL}\nDate: Tue, 12 May 2026 10:02:00 +0100\n"
        "Subject: Re: Number does not ring\n\nA carrier had a fault; it has been repaired. Please try again.\n\nSam\n"
    ),
    "call-notes-2026-05-12.txt": "Customer rang at 09:40, asked for news of ticket 1042. Told her: within the hour.\n",
    "survey-2026-06.json": '{"question": "How did we do?", "answer": 4, "comment": "Quick, but I had to ask twice."}\n',
}


def build(folder: Path) -> None:
    """Write the files, one folder a person."""
    _write(folder / ADA_EMAIL, _ADA)
    for person in customers()[1:40:3]:
        _write(folder / person.email.lower(), {f"ticket-{2_000 + person.number}.txt": _ticket(person)})


def _write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _ticket(person: Person) -> str:
    return f"{person.name} asked for a copy of the last invoice. Sent on the same day.\n"
