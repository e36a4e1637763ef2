"""Invented people: a few thousand, the same on every machine.

Names come from the lists below. Mail addresses are under example.org, example.com and example.net (RFC 2606), telephone
numbers from ranges that regulators keep for fiction, street addresses do not exist.
"""

import random
import unicodedata
from dataclasses import dataclass
from functools import cache

NUMBER = 2_400
SEED = "recourse demonstration 1"

ADA_EMAIL = "ada.lovelace@example.org"
"""Known everywhere: every system holds something about her."""
NORA_EMAIL = "nora.quill@example.org"
"""Known to marketing only."""
MAX_EMAIL = "max.stranger@example.net"
"""Known nowhere."""

IMPOSTOR_EMAIL = "ada.love1ace@example.org"
"""Known nowhere; it only looks like an address of Ada's."""

MOVED_MAIL, MOVED_NUMBER = 3, 5
"""Two customers by number: the mail address of one was changed five days ago, the other's telephone number seven."""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_FIRST = _listed(
    "Aisling, Amara, Anders, Anika, Arjun, Astrid, Beatriz, Bogdan, Carla, Chen, Chidi, Ciara, Daniela, Darragh, "
    "Deirdre, Dmitri, Eilís, Elena, Elif, Emeka, Esra, Fatima, Fiona, Florian, Freya, Gael, Giulia, Greta, Hana, "
    "Haruto, Hugo, Ingrid, Iris, Ivo, Jana, Joana, José, Kaori, Karim, Keiko, Kofi, Lars, Laszlo, Leila, Léa, "
    "Liam, Linh, Lucía, Łukasz, Mads, Maeve, Malik, Marta, Mateo, Mei, Milan, Mina, Naledi, Nadia, Nikolai, "
    "Niamh, Noor, Oisín, Olga, Omar, Orla, Oskar, Paolo, Petra, Priya, Quinn, Rafael, Rania, Rhys, Rosa, Sabine, "
    "Samir, Sana, Saoirse, Sofía, Sven, Tadeo, Tamsin, Teresa, Thabo, Tomás, Ulla, Uma, Viktor, Wanjiru, Xiomara, "
    "Yara, Yusuf, Zainab, Zoë, Zsófia"
)
_LAST = _listed(
    "Abara, Ahlgren, Almeida, Bakker, Barros, Bellamy, Berg, Bianchi, Brennan, Byrne, Castellano, Chowdhury, "
    "Claes, Corrigan, Costa, Dahl, Dempsey, Diallo, Dobrev, Doyle, Ekström, Farrell, Ferrari, Fischer, Flanagan, "
    "Fontaine, Gallagher, García, Grabowski, Halloran, Hansen, Hartmann, Hoang, Horvath, Ibrahim, Iwasaki, "
    "Jansen, Jensen, Kaplan, Kavanagh, Keller, Kimura, Kowalski, Kumar, Lacroix, Larsen, Lindqvist, Lombardi, "
    "MacBride, Mbeki, Mendes, Molina, Moreau, Müller, Murakami, Nagy, Nakamura, Nolan, Novák, Ó Briain, O'Dowd, "
    "Okafor, Olsen, Osei, Petrov, Quigley, Ramos, Reilly, Rossi, Sánchez, Santos, Sato, Schneider, Sheridan, "
    "Silva, Singh, Sørensen, Sullivan, Takahashi, Tanaka, Torres, Tran, Ündar, Vance, Varga, Weiss, Whelan, "
    "Yamamoto, Yıldız, Zamora"
)
_COMPANIES = _listed(
    "Alder & Finch, Bluegate Logistics, Copper Kettle Bakery, Driftwood Clinics, Eastwind Energy, Fernhill "
    "School, Greywater Shipping, Harbour Lights Hotels, Indigo Bicycles, Juniper Travel, Kestrel Couriers, "
    "Lanternworks, Millpond Media, Northgate Pharmacy, Oakhurst Homes, Pebblebrook Bank, Quarry Lane Studio, "
    "Redfern Insurance, Saltmarsh Foods, Tidewater Taxis, Umbra Theatre, Vellum Print, Willowbend Vets, "
    "Yellowstone Yarns"
)
_JOBS = ("developer", "head of support", "product manager", "operations lead", "founder", "data analyst", "buyer")
_STREETS = _listed("Alder Row, Bell Lane, Canal Walk, Dyers Yard, Elm Court, Forge Street, Glebe Road, High Wynd")

# Country, region, town, zone of the telephone numbers.
_PLACES = (
    ("IE", "", "Cork"), ("IE", "", "Galway"), ("GB", "", "Leeds"), ("GB", "", "Bath"), ("US", "CA", "Fresno"),
    ("US", "NY", "Albany"), ("US", "TX", "Waco"), ("DE", "", "Bremen"), ("FR", "", "Nantes"), ("ES", "", "Murcia"),
    ("BR", "SP", "Santos"), ("JP", "", "Nara"),
)  # fmt: skip
_AREAS = ("212", "305", "312", "404", "415", "503", "512", "617", "702", "808")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented."""

    number: int
    first: str
    last: str
    email: str
    phone: str
    company: str
    job: str
    country: str
    region: str
    town: str
    street: str
    postcode: str
    language: str

    @property
    def name(self) -> str:
        """First name and last."""
        return f"{self.first} {self.last}"

    @property
    def account(self) -> str:
        """Number of the account: two letters and 32 hexadecimal digits, derived from the person's own."""
        return "AC" + random.Random(f"{SEED} account {self.number}").randbytes(16).hex()

    def dice(self, system: str) -> random.Random:
        """Return a source of chance that is this person's own in one system."""
        return random.Random(f"{SEED} {system} {self.number}")


ADA = Person(
    number=1,
    first="Ada",
    last="Lovelace",
    email=ADA_EMAIL,
    phone="+353209100001",
    company="Analytical Engines Cork",
    job="founder",
    country="IE",
    region="",
    town="Cork",
    street="12 Bell Lane",
    postcode="T12 A000",
    language="en",
)
NORA = Person(
    number=2,
    first="Nora",
    last="Quill",
    email=NORA_EMAIL,
    phone="+353209100002",
    company="Quarry Lane Studio",
    job="buyer",
    country="IE",
    region="",
    town="Galway",
    street="3 Canal Walk",
    postcode="H91 A000",
    language="en",
)


@cache
def everybody() -> tuple[Person, ...]:
    """Return all of them, Ada and Nora first."""
    return (ADA, NORA, *(_somebody(number) for number in range(3, NUMBER + 1)))


def somebody(number: int) -> Person:
    """Return the person of this number."""
    return everybody()[number - 1]


def customers() -> tuple[Person, ...]:
    """Return those who have an account; Nora has none."""
    return tuple(person for person in everybody() if person is ADA or (person is not NORA and person.number % 2))


def prospects() -> tuple[Person, ...]:
    """Return those whom marketing writes to."""
    return tuple(person for person in everybody() if person in (ADA, NORA) or person.number % 6)


def _somebody(number: int) -> Person:
    dice = random.Random(f"{SEED} person {number}")
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    country, region, town = dice.choice(_PLACES)
    domain = dice.choice(("example.org", "example.com", "example.net"))
    # Some were typed in with capitals, as it happens.
    address = f"{_ascii(first)}.{_ascii(last)}{number}@{domain}"
    return Person(
        number=number,
        first=first,
        last=last,
        email=address if number % 9 else address.title(),
        phone=_phone(number, country),
        company=dice.choice(_COMPANIES),
        job=dice.choice(_JOBS),
        country=country,
        region=region,
        town=town,
        street=f"{dice.randint(1, 99)} {dice.choice(_STREETS)}",
        postcode=f"{dice.randint(10000, 99999)}",
        language=dice.choice(("en", "en", "de", "fr", "es")),
    )


def _ascii(name: str) -> str:
    plain = name.translate(str.maketrans("łŁøØı", "lLoOi"))
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in letters if letter.isalpha())


def _phone(number: int, country: str) -> str:
    """Return a number from a range kept for fiction (Ireland: ComReg, United Kingdom: Ofcom, else: NANP 555-01xx)."""
    if country == "IE" and number < 1_000:
        return f"+35320910{number:04d}"
    if country == "GB":
        return ("+447700900", "+442079460", "+441134960")[number // 1_000] + f"{number % 1_000:03d}"
    area = _AREAS[number // 100 % len(_AREAS)]
    prefix = number // 1_000
    return f"+1{int(area) + prefix}55501{number % 100:02d}"
