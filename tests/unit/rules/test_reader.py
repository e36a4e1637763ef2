# ruff: noqa: E501 - the tables below read best with one case to a line
"""Every kind of bad file is refused with the file and the key."""

from pathlib import Path

import pytest

from dsr.rules import RulesBroken, load
from dsr.rules.files import SHIPPED, read
from tests.unit.rules.packs import INVENTED, Edit, add, problems, swap

LIBRARY = "notices/corrib_library/2026-01-15.toml"
GDPR = "regimes/eu_gdpr/2018-05-25.toml"
CASES = "regimes/eu_gdpr/2018-05-25.vectors.toml"
POLICY = "regimes/default/2000-01-01.toml"
TEXAS = "regimes/us_tx/2024-07-01.toml"
UTAH = "regimes/us_ut/2023-12-31.toml"
CPNI = "regimes/us_cpni/2007-12-08.toml"
CALIFORNIA = "regimes/us_ca_ccpa/2026-01-01.toml"

Bad = tuple[str, str, Edit | str | bytes, str]

IN_A_NOTICE: list[Bad] = [
    ("unknown key", LIBRARY, swap('title = "Gifts"', 'title = "Gifts"\nkept = 3'), "categories[1].kept: there is no such"),
    ("misspelt key", LIBRARY, swap('title = "Gifts"', 'titel = "Gifts"'), "categories[1].titel: there is no such key; did you mean 'title'?"),
    ("missing key", LIBRARY, swap('title = "Gifts"\n', ""), "categories[1].title: is missing"),
    ("missing table", LIBRARY, swap("[agents]", "[agent]"), "agents: is missing"),
    ("empty string", LIBRARY, swap('title = "Gifts"', 'title = ""'), "categories[1].title: is empty"),
    ("blank string", LIBRARY, swap('title = "Gifts"', 'title = "  "'), "categories[1].title: is empty"),
    ("stray space", LIBRARY, swap('title = "Gifts"', 'title = "Gifts "'), "categories[1].title: begins or ends with a space"),
    ("line break", LIBRARY, swap('title = "Gifts"', 'title = "Gif\\nts"'), "categories[1].title: holds a control character"),
    ("text for yes or no", LIBRARY, swap("portable = true", 'portable = "yes"'), "categories[0].portable: "),
    ("text for a date", LIBRARY, swap("version = 2026-01-15", 'version = "2026-01-15"'), "version: "),
    ("text for a number", LIBRARY, swap("under = 16", 'under = "16"'), "child_ages[0].under: "),
    ("text for a list", LIBRARY, swap('categories = ["interlibrary_records"]', 'categories = "interlibrary_records"'), "recipients[0].categories: should be a list"),
    ("list for text", LIBRARY, swap('title = "Gifts"', 'title = ["Gifts"]'), "categories[1].title: "),
    ("text for a table", LIBRARY, swap("[agents]\n", 'agents = "nobody"\n[agent]\n'), "agent: there is no such key"),
    ("empty list", LIBRARY, swap('legal_bases = ["contract"]', "legal_bases = []"), "purposes[0].legal_bases: "),
    ("number out of bounds", LIBRARY, swap("under = 16", "under = 160"), "child_ages[0].under: "),
    ("unknown word", LIBRARY, swap('source = "obtained"', 'source = "found"'), "categories[4].source: 'found' is not one of 'provided', 'generated' or 'obtained'"),
    ("unknown right", LIBRARY, swap('right = "deletion"', 'right = "erasure"'), "rights[3].right: 'erasure' is not one of"),
    ("bad id", LIBRARY, swap('id = "gifts"', 'id = "Gifts!"'), "categories[1].id: "),
    ("address in clear", LIBRARY, swap('url = "https://www.dataprotection.ie"', 'url = "http://www.dataprotection.ie"'), "complaint_routes[1].url: "),
    ("no mail address", LIBRARY, swap('email = "librarian@library.example"', 'email = "the desk"'), "contacts[0].email: "),
    ("unknown zone", LIBRARY, swap("Europe/Dublin", "Europe/Galway"), "seats[0].zone: 'Europe/Galway' is not a time zone"),
    ("country that is none", LIBRARY, swap('country = "IE"', 'country = "UK"'), "seats[0].country: 'UK' is not an ISO 3166-1 country code; write GB"),
    ("place in small letters", LIBRARY, swap('where = ["IE"]', 'where = ["ie"]'), "child_ages[0].where[0]: 'ie' is not a place"),
    ("region of no country", LIBRARY, swap('where = ["IE"]', 'where = ["ZZ-CA"]'), "child_ages[0].where[0]: 'ZZ' is not an ISO"),
    ("unknown area", LIBRARY, swap('where = ["EEA"]', 'where = ["EWR"]'), "complaint_routes[1].where[0]: there is no area 'EWR'"),
    ("dangling category", LIBRARY, swap('categories = ["gifts"]', 'categories = ["presents"]'), "purposes[2].categories[0]: there is no 'presents' among categories"),
    ("dangling legal basis", LIBRARY, swap('legal_bases = ["charity_law"]', 'legal_bases = ["custom"]'), "purposes[2].legal_bases[0]: there is no 'custom'"),
    ("dangling relationship", LIBRARY, swap('relationships = ["donor"]', 'relationships = ["patron"]'), "categories[1].relationships[0]: there is no 'patron'"),
    ("dangling channel", LIBRARY, swap('how = ["newsletter_link", "desk"]', 'how = ["pigeon"]'), "rights[8].how[0]: there is no 'pigeon' among channels"),
    ("dangling channel of agents", LIBRARY, swap('accepts = ["written_authority"]\nhow = ["desk", "mail"]', 'accepts = ["written_authority"]\nhow = ["owl"]'), "agents.how[0]: there is no 'owl'"),
    ("dangling parent", LIBRARY, swap('parent = "loans"', 'parent = "books"'), "categories[3].parent: there is no 'books'"),
    ("source without a title", LIBRARY, swap('[[sources]]\nid = "obtained"\ntitle = "From other libraries"\ndescription = "What comes with an interlibrary loan."\n', ""), "categories[4].source: there is no 'obtained' among sources"),
    ("dangling calendar", LIBRARY, swap('zone = "Europe/Dublin"', 'zone = "Europe/Dublin"\ncalendar = "GALWAY"'), "seats[0].calendar: there is no 'GALWAY'"),
    ("dangling person at a door", LIBRARY, swap('relationships = ["volunteer_applicant"]\nserves', 'relationships = ["patron"]\nserves'), "doors[0].relationships[0]: there is no 'patron'"),
    ("door for nobody", LIBRARY, swap('relationships = ["volunteer_applicant"]\nserves', 'serves'), "doors[0].relationships: is missing"),
    ("door in no place", LIBRARY, swap('serves = ["IE"]', 'serves = ["EWR"]'), "doors[0].serves[0]: there is no area 'EWR'"),
    ("door with a language twice", LIBRARY, swap('languages = ["en", "ga"]', 'languages = ["en", "en"]'), "doors[0].languages[1]: 'en' is used twice"),
    ("door of an unknown kind", LIBRARY, swap('kind = "applicants"', 'kind = "neighbour"'), "doors[0].kind: 'neighbour' is not one of"),
    ("dangling regime", LIBRARY, swap('zone = "Europe/Dublin"', 'zone = "Europe/Dublin"\ncalendar = "IE"\nserves = ["brehon_law"]'), "seats[0].serves[0]: there is no 'brehon_law' among regimes"),
    ("seat with nobody's holidays", LIBRARY, swap('zone = "Europe/Dublin"', 'zone = "Europe/Dublin"\nserves = ["eu_gdpr"]'), "seats[0].calendar: is missing"),
    ("no seat for the rest", LIBRARY, swap('zone = "Europe/Dublin"', 'zone = "Europe/Dublin"\ncalendar = "IE"\nserves = ["eu_gdpr"]'), "seats: exactly one seat leaves out 'serves'"),
    ("id used twice", LIBRARY, swap('id = "gifts"', 'id = "membership"'), "categories[1].id: 'membership' is used twice"),
    ("right offered twice", LIBRARY, swap('right = "access"', 'right = "be_informed"'), "rights[1].right: 'be_informed' is used twice"),
    ("passage told twice", LIBRARY, swap('topic = "sale"', 'topic = "retention"'), "passages[1].topic: 'retention' is used twice"),
    ("passage missing", LIBRARY, swap('topic = "sale"', 'topic = "security"'), "passages: a passage on 'sale' is missing"),
    ("same reference twice", LIBRARY, swap('categories = ["gifts"]', 'categories = ["gifts", "gifts"]'), "purposes[2].categories[1]: 'gifts' is listed twice"),
    ("part of a part", LIBRARY, swap('source = "generated"\nportable', 'source = "generated"\nparent = "fines"\nportable'), "categories[3].parent: 'loans' is part of another category itself"),
    ("part from elsewhere", LIBRARY, swap('source = "generated"\nparent', 'source = "provided"\nparent'), "categories[3].source: is 'provided', while 'loans' is 'generated'"),
    ("data for nothing", LIBRARY, swap('"membership", "loans", "interlibrary_records"]', '"membership", "loans"]'), "categories[4]: no purpose uses 'interlibrary_records'"),
    ("topic used twice", LIBRARY, swap('id = "reminders"', 'id = "readings"'), "topics[1].id: 'readings' is used twice"),
    ("topic of no class", LIBRARY, swap('purpose = "service"', 'purpose = "transactional"'), "topics[1].purpose: 'transactional' is not one of 'marketing' or 'service'"),
    ("topic by no channel", LIBRARY, swap('channels = ["email"]', "channels = []"), "topics[1].channels: "),
    ("topic by an unknown channel", LIBRARY, swap('channels = ["email"]', 'channels = ["owl"]'), "topics[1].channels[0]: 'owl' is not one of"),
    ("topic by one channel twice", LIBRARY, swap('channels = ["email", "post"]', 'channels = ["email", "email"]'), "topics[0].channels[1]: 'email' is listed twice"),
    ("topic that reads like a channel", LIBRARY, swap('id = "readings"', 'id = "email_readings"'), "topics[0].id: 'email_readings' reads like a channel"),
    ("topic with a long id", LIBRARY, swap('id = "readings"', f'id = "{"r" * 41}"'), "topics[0].id: "),
    ("nothing to stop", LIBRARY, swap('purpose = "marketing"', 'purpose = "service"'), "topics: none is marketing, while the notice offers to stop it"),
    ("sent away to nowhere", LIBRARY, swap('route = "The committee has a notice of its own; the desk passes your request on."\n', ""), "relationships[3].route: is missing"),
    ("right for one out of scope", LIBRARY, swap('relationships = ["borrower", "guardian"]\n\n[[rights]]', 'relationships = ["volunteer_applicant"]\n\n[[rights]]'), "rights[2].relationships[0]: 'volunteer_applicant' is out of scope"),
    ("mail without an address", LIBRARY, swap('kind = "email"\nemail = "librarian@library.example"', 'kind = "email"'), "channels[1].email: is missing"),
    ("translation of nothing", LIBRARY, swap('title = "Ballraíocht"', 'source = "tugtha"'), "categories[0].text.ga.source: there is nothing of that name to translate"),
    ("empty translation", LIBRARY, swap('title = "Ballraíocht"', 'title = ""'), "categories[0].text.ga.title: is empty"),
    ("list as translation of text", LIBRARY, swap('title = "Ballraíocht"', 'title = ["Ballraíocht"]'), "categories[0].text.ga.title: must be a list where"),
    ("number as translation", LIBRARY, swap('title = "Ballraíocht"', "title = 3"), "categories[0].text.ga.title: should be a string"),
    ("other organisation", LIBRARY, swap('id = "corrib_library"', 'id = "mask_library"'), "id: is 'mask_library', but the path says 'corrib_library'"),
    ("other version", LIBRARY, swap("version = 2026-01-15", "version = 2026-01-16"), "version: is '2026-01-16', but the path says '2026-01-15'"),
    ("key that only the loader sets", LIBRARY, swap('language = "en"', 'language = "en"\nareas = []'), "areas: there is no such key"),
]  # fmt: skip

IN_A_LAW: list[Bad] = [
    ("unknown key", GDPR, swap("n = 1\n", "n = 1\nm = 2\n"), "clocks[1].m: there is no such key"),
    ("unknown key in a window", GDPR, swap("from = 2018-05-25", "from = 2018-05-25\nuntil = 2030-01-01"), "window.until: there is no such key"),
    ("figure without a source", GDPR, swap('source = "Art 77(1)"\n', ""), "authorities[0].source: is missing"),
    ("unknown mark", GDPR, swap('confidence = "C"', 'confidence = "sure"'), "clocks[1].confidence: 'sure' is not one of"),
    ("unsure figure that binds", GDPR, swap('confidence = "C"', 'confidence = "GKq"'), "clocks[1].confidence: a figure that is still to be checked is a policy at most"),
    ("unknown unit", GDPR, swap('unit = "month"', 'unit = "moon"'), "clocks[1].unit: 'moon' is not one of"),
    ("negative figure", GDPR, swap("n = 3", "n = -3"), "clocks[0].n: "),
    ("right known twice", GDPR, swap('right = "access"', 'right = "be_informed"'), "rights[1].right: 'be_informed' is used twice"),
    ("clock of an unknown right", GDPR, swap('rights = ["marketing_opt_out", ', 'rights = ["cpni_opt_out", '), "clocks[2].rights[0]: there is no 'cpni_opt_out' among the rights of this regime"),
    ("pause of an unknown right", GDPR, swap('rights = ["access"]', 'rights = ["complaint"]'), "pauses[1].rights[0]: there is no 'complaint'"),
    ("two clocks of one id", GDPR, swap('id = "at_once"', 'id = "respond"'), "clocks[2].id: 'respond' is used twice"),
    ("two clocks for all", GDPR, swap('kind = "effect"\nn = 0\nunit = "day"\nrights = ["marketing_opt_out", "targeted_advertising_opt_out", "consent_withdrawal"]\n', 'kind = "respond"\nn = 0\nunit = "day"\n'), "clocks[2].rights: two clocks of kind 'respond' would run for the same right"),
    ("right without a clock", GDPR, swap('roll = "next"\n', 'roll = "next"\nrights = ["access"]\n'), "has no clock to respond by"),
    ("duty in a policy", POLICY, swap('source = "Policy of the service"\nconfidence = "GK"\npolicy = true', 'source = "Policy of the service"\nconfidence = "GK"'), "clocks[0].policy: every clock of a policy is one"),
    ("cap in days on months", GDPR, swap("times = 1\n", "times = 1\nmax_total_days = 90\n"), "extension.max_total_days: can only be given for an extension in calendar days"),
    ("for some and for all the others", GDPR, swap('where = ["EEA"]\n\n[[auth', 'where = ["EEA"]\notherwise = true\n\n[[auth'), "proposal: name the places in 'where', or set 'everywhere' or 'otherwise'"),
    ("two for everybody else", GDPR, swap('where = ["EEA"]\n\n[[auth', "otherwise = true\n\n[[auth"), "regimes: proposal.otherwise: exactly one regime is the one for everybody else"),
    ("unknown calendar", GDPR, swap('calendar = "IE"', 'calendar = "ATLANTIS"'), "calendar: there is no 'ATLANTIS' among calendars"),
    ("unknown area", GDPR, swap('where = ["EEA"]', 'where = ["EWR"]'), "proposal.where[0]: there is no area 'EWR'"),
    ("other id than the folder", GDPR, swap('id = "eu_gdpr"', 'id = "gdpr"'), "id: is 'gdpr', but the path says 'eu_gdpr'"),
    ("other day than the file", GDPR, swap("from = 2018-05-25", "from = 2018-05-24"), "window.from: is '2018-05-24', but the path says '2018-05-25'"),
    ("key that only the loader sets", GDPR, swap('kind = "law"', 'kind = "law"\nworking = {}'), "working: there is no such key"),
    ("window still open", "regimes/us_ca_ccpa/2023-01-01.toml", swap("to = 2025-12-31", "to = 2026-06-30"), "window.from: the row that opened on 2023-01-01 is still in force"),
    ("case that comes out differently", CASES, swap("respond = 2026-04-07", "respond = 2026-04-06"), "vectors[0].respond: One month ends on Easter Sunday; Easter Monday is a public holiday: says 2026-04-06, the rule gives 2026-04-07"),
    ("extension that comes out differently", CASES, swap("extended = 2026-06-05", "extended = 2026-06-07"), "vectors[0].extended: "),
    ("figure that was changed", GDPR, swap("n = 1\n", "n = 2\n"), "vectors[0].respond: "),
    ("case that leaves out a date", CASES, swap("extended = 2026-06-05\n", ""), "vectors[0].extended: "),
    ("case of an unknown right", CASES, swap('right = "access"', 'right = "complaint"'), "vectors[0].right: the regime does not know 'complaint'"),
    ("case outside the window", CASES, swap("received = 2026-03-05", "received = 2016-03-05"), "vectors[0].received: 2016-03-05 is outside the window"),
    ("case without a reason", CASES, swap('source = "Regulation 1182/71 Art 3(2)(c) and 3(4)"\n', ""), "vectors[0].source: is missing"),
    ("clock that no case tries", CASES, lambda text: text.partition('[[vectors]]\ncase = "An objection')[0], "vectors: no case tries the clock 'at_once'"),
    ("no cases", CASES, "", "vectors: is missing"),
    ("model that is not there", TEXAS, swap('model = "us_state_model"', 'model = "us_model"'), "model: there is no regime 'us_model' to follow"),
    ("model that follows another", TEXAS, swap('model = "us_state_model"', 'model = "us_va"'), "model: there is no regime 'us_va' to follow"),
    ("model that is no name", TEXAS, swap('model = "us_state_model"', "model = 3"), "model: "),
    ("right that even the model lacks", TEXAS, swap('model = "us_state_model"', 'model = "us_state_model"\nlacks = ["restriction"]'), "lacks[0]: 'us_state_model' gives no right 'restriction'"),
    ("lacking right in a string", TEXAS, swap('model = "us_state_model"', 'model = "us_state_model"\nlacks = "objection"'), "lacks: should be a list"),
    ("key that cannot be dropped", UTAH, swap('drops = ["clocks.decide_appeal"]', 'drops = ["appeals"]'), "drops[0]: 'us_state_model' has no 'appeals'"),
    ("row that cannot be dropped", UTAH, swap('drops = ["clocks.decide_appeal"]', 'drops = ["clocks.decide"]'), "drops[0]: 'us_state_model' has no 'clocks.decide'"),
    ("citation without a mark", TEXAS, swap('confidence = "C2"', ""), "cites.confidence: is missing"),
    ("name that no model can lend", TEXAS, swap('title = "Texas Data Privacy and Security Act"\n', ""), "title: is missing"),
    ("exception from no model", GDPR, swap('id = "eu_gdpr"', 'id = "eu_gdpr"\nlacks = ["access"]'), "lacks: there is no such key"),
    ("inherited figure that was changed", "regimes/us_state_model/2023-01-01.toml", swap("n = 45", "n = 46"), "regimes/us_tx/2024-07-01.vectors.toml: vectors[0].respond: "),
    ("for some and for nobody", GDPR, swap('where = ["EEA"]\n\n[[auth', 'where = ["EEA"]\nnobody = true\n\n[[auth'), "proposal: name the places in 'where'"),
    ("by one channel twice", GDPR, swap('right = "access"\n', 'right = "access"\nmedia = ["sms", "sms"]\n'), "rights[1].media[1]: 'sms' is listed twice"),
    ("by an unknown channel", GDPR, swap('right = "access"\n', 'right = "access"\nmedia = ["drum"]\n'), "rights[1].media[0]: 'drum' is not one of"),
    ("beside what it stands in for", POLICY, swap("otherwise = true", "otherwise = true\nbeside = true"), "proposal: what is proposed 'otherwise' cannot stand 'beside'"),
    ("use named twice", CPNI, swap('id = "affiliates"', 'id = "new_services"'), "uses[4].id: 'new_services' is used twice"),
    ("service named twice", CPNI, swap('id = "mobile"', 'id = "local"'), "services[2].id: 'local' is used twice"),
    ("medium given twice", CPNI, swap('medium = "post"', 'medium = "email"'), "notices: a medium is given twice"),
    ("case with an event too early", CASES, swap("received = 2026-03-05  # Thursday\n", 'received = 2026-03-05\nevents = [{ kind = "fee_told", on = 2026-03-01 }]\n'), "vectors[0].events: fee_told on 2026-03-01 cannot be before receipt"),
    ("case that is forbidden and does not say so", CASES, swap("received = 2026-03-05  # Thursday\n", 'received = 2026-03-05\nevents = [{ kind = "extended", on = 2026-04-08 }]\nforbidden = []\n'), "vectors[0].forbidden: One month ends on Easter Sunday; Easter Monday is a public holiday: says [], the rule gives ['extend']"),
    ("case with another date told", CASES, swap("received = 2026-03-05  # Thursday\n", 'received = 2026-03-05\nevents = [{ kind = "extended", on = 2026-04-07, until = 2026-05-20 }]\n'), "the rule gives 2026-05-20"),
    ("case seen from a day", CASES, swap("received = 2026-03-05  # Thursday\n", 'received = 2026-03-05\nas_of = 2026-04-30\nevents = [{ kind = "identity_asked", on = 2026-03-05 }]\n'), "the rule gives 2026-06-02"),
    ("two pauses for one question", GDPR, swap('event = "clarification"', 'event = "identity"\nmode = "none"\nsource = "x"\nconfidence = "C"\n\n[[pauses]]\nevent = "clarification"'), "pauses[1].rights: another row says something else of the same right"),
    ("cap below the first period", "regimes/us_ca_ccpa/2026-01-01.toml", swap("max_total_days = 90", "max_total_days = 45"), "extension.max_total_days: leaves no room for an extension"),
]  # fmt: skip

ELSEWHERE: list[Bad] = [
    ("ground used twice", "refusals/conduct.toml", swap('id = "abuse_of_right"', 'id = "not_verified"'), "is used twice; it is also in refusals/"),
    ("ground under an unknown law", "refusals/scope.toml", swap('regime = "eu_gdpr"', 'regime = "gdpr"'), "refusals[0].citations[0].regime: there is no regime 'gdpr'"),
    ("ground cited twice", "refusals/scope.toml", swap('regime = "us_ca_ccpa"', 'regime = "eu_gdpr"'), "refusals[0].citations[2].regime: 'eu_gdpr' is cited twice"),
    ("ground without words", "refusals/scope.toml", swap('plain = "We searched', 'plane = "We searched'), "refusals[0].plain: is missing"),
    ("ground for no right", "refusals/keeping.toml", swap('rights = ["correction"]', "rights = []"), "rights: "),
    ("translation of nothing", "refusals/scope.toml", swap("\n[[refusals.citations]]", '\n[refusals.text.fr]\nevidence = "x"\n\n[[refusals.citations]]'), "refusals[0].text.fr.evidence: there is nothing of that name"),
    ("day that does not exist", "calendars/IE.toml", swap('[years.2026]\n', '[years.2026]\n"02-30" = "Leap of faith"\n'), "years.2026: '02-30' is not a day of that year"),
    ("day in words", "calendars/IE.toml", swap('[years.2026]\n', '[years.2026]\n"Easter" = "Easter"\n'), "'Easter' is not a day"),
    ("year left out", "calendars/IE.toml", swap("[years.2026]", "[years.2126]"), "a year is missing between"),
    ("weekday worked", "calendars/CN.toml", swap("worked = [", "worked = [\n  2026-03-02,"), "worked: 2026-03-02 is no day of a weekend"),
    ("calendar under another name", "calendars/IE.toml", swap('id = "IE"', 'id = "EIRE"'), "id: is 'EIRE', but the path says 'IE'"),
    ("area twice", "areas.toml", swap('id = "EUROPE"', 'id = "EEA"'), "areas[1].id: 'EEA' is used twice"),
    ("area with a wrong country", "areas.toml", swap('"GR"', '"EL"'), "areas[0].countries[11]: 'EL' is not an ISO 3166-1 country code; write GR"),
    ("nobody's notice", "service.toml", 'organisation = "mask_library"', "organisation: there is no notice of 'mask_library'"),
    ("file in no place", "retentions/loans.toml", "x = 1", "retentions/loans.toml: does not belong here"),
    ("file too deep", "regimes/eu_gdpr/old/2018-05-25.toml", "x = 1", "does not belong here"),
    ("not TOML", "refusals/more.toml", "refusals = [", "refusals/more.toml: is not TOML: "),
    ("key written twice", "refusals/more.toml", 'a = 1\na = 2', "is not TOML: "),
    ("not text", "refusals/more.toml", b"\xff\xfe\x00", "refusals/more.toml: is not text in UTF-8"),
]  # fmt: skip


def _named(bad: list[Bad]) -> list[object]:
    return [pytest.param(path, content, said, id=name.replace(" ", "-")) for name, path, content, said in bad]


@pytest.mark.parametrize(("path", "content", "said"), _named(IN_A_NOTICE))
def test_a_bad_notice_is_told_with_file_and_key(tmp_path: Path, path: str, content: Edit, said: str) -> None:
    found = problems(tmp_path, {path: content})

    assert any(problem.startswith(f"{path}: {said}") for problem in found), found


@pytest.mark.parametrize(("path", "content", "said"), _named(IN_A_LAW))
def test_a_bad_law_is_told_with_file_and_key(tmp_path: Path, path: str, content: Edit | str, said: str) -> None:
    found = problems(tmp_path, {path: content})

    assert any(said in problem and problem.startswith(("regimes", path)) for problem in found), found


@pytest.mark.parametrize(("path", "content", "said"), _named(ELSEWHERE))
def test_any_other_bad_file_is_told_by_name(tmp_path: Path, path: str, content: Edit | str | bytes, said: str) -> None:
    found = problems(tmp_path, {path: content})

    assert any(said in problem for problem in found), found


def test_good_files_have_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == []


def test_a_law_without_worked_cases_does_not_load(tmp_path: Path) -> None:
    law = (SHIPPED / POLICY).read_text(encoding="utf-8")
    later = law.replace("from = 2000-01-01", "from = 2030-01-01")
    earlier = law.replace("from = 2000-01-01", "from = 2000-01-01\nto = 2029-12-31")

    found = problems(tmp_path, {"regimes/default/2030-01-01.toml": later, POLICY: earlier})

    assert found == [
        "regimes/default/2030-01-01.toml: has no worked cases; write some in regimes/default/2030-01-01.vectors.toml"
    ]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            LIBRARY: lambda text: swap('title = "Loans"', 'title = ""')(
                swap('source = "obtained"', 'source = "x"')(text)
            ),
            GDPR: swap('calendar = "IE"', 'calendar = "ATLANTIS"'),
            "refusals/conduct.toml": swap('id = "abuse_of_right"', 'id = "not_verified"'),
        },
    )

    assert {problem.split(": ")[0] for problem in found} >= {LIBRARY, GDPR, "refusals/identity.toml"}
    assert sum(problem.startswith(LIBRARY) for problem in found) == 2


def test_a_notice_in_several_files_names_the_file_that_the_key_is_in(tmp_path: Path) -> None:
    folder = next(path for path in (SHIPPED / "notices").iterdir() if path.is_dir())
    version = max(folder.iterdir())
    path = f"notices/{folder.name}/{version.name}/categories.toml"

    found = problems(tmp_path, {path: swap('source = "provided"', 'source = "asked"')})

    assert found == [f"{path}: categories[0].source: 'asked' is not one of 'provided', 'generated' or 'obtained'"]


def test_a_key_in_two_files_of_one_notice_is_refused(tmp_path: Path) -> None:
    folder = next(path for path in (SHIPPED / "notices").iterdir() if path.is_dir())
    version = max(folder.iterdir()).name
    path = f"notices/{folder.name}/{version}/services.toml"

    found = problems(tmp_path, {path: add('[[cookie_kinds]]\nid = "crumbs"\ntitle = "Crumbs"')})

    assert any("cookie_kinds: stands in" in problem for problem in found), found


def test_two_versions_may_not_come_into_force_on_one_day(tmp_path: Path) -> None:
    text = (INVENTED / LIBRARY).read_text(encoding="utf-8")

    found = problems(
        tmp_path,
        {"notices/corrib_library/2026-01-20.toml": text.replace("version = 2026-01-15", "version = 2026-01-20")},
    )

    assert found == ["notices/corrib_library/2026-01-20.toml: in_force_from: another one opens on 2026-02-01"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesBroken, match="is not a folder"):
        load(SHIPPED, tmp_path / "nowhere")


def test_digest_follows_what_the_files_say_and_not_how(tmp_path: Path) -> None:
    area = tmp_path / "areas.toml"
    text = (SHIPPED / "areas.toml").read_text(encoding="utf-8")

    area.write_text(f"# remarks\n\n{text}", encoding="utf-8")
    same = read(SHIPPED, tmp_path).digest
    area.write_text(text.replace('"NO"', '"NO", "CH"', 1), encoding="utf-8")
    other = read(SHIPPED, tmp_path).digest

    assert same == read(SHIPPED).digest != other


def test_worked_cases_do_not_change_the_digest(tmp_path: Path) -> None:
    cases = tmp_path / CASES
    cases.parent.mkdir(parents=True)

    cases.write_text(
        (SHIPPED / CASES).read_text(encoding="utf-8").replace("Worked by hand", "Worked out"), encoding="utf-8"
    )

    assert read(SHIPPED, tmp_path).digest == read(SHIPPED).digest


def test_another_file_of_a_notice_adds_to_its_doors_and_a_mistake_names_both(tmp_path: Path) -> None:
    folder = tmp_path / "notices" / "twilio" / "2026-04-09"
    folder.mkdir(parents=True)
    more = '[[doors]]\nid = "recruiting"\nkind = "brand"\ntitle = "Other"\nresponsible = "All."\n'
    (folder / "more.toml").write_text(more + 'email = "a@b.example"\nhow = "By mail."\nlanguages = ["en"]\n')

    with pytest.raises(RulesBroken) as broken:
        load(SHIPPED, tmp_path)

    said = str(broken.value)
    assert "doors[1].id: 'recruiting' is used twice" in said
    assert "more.toml" in said
    assert "doors.toml" in said
