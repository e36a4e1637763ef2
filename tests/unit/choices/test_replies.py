"""A reply that asks for no more messages is understood, however it is written, and prose is not taken for one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.choices.replies import SHORT, stops

NAMED = ("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe")
"""47 CFR 64.1200(a)(10)"""
QUOTED = "\n\nOn Mon, 2 Mar 2026 at 10:00, News wrote:\n> New offers until the end of March.\n> Reply STOP to opt out."
_SAID = "we looked at your bill with care and found that the figures of last month are right after all"
PROSE = _SAID.split()


@pytest.mark.parametrize("word", NAMED)
@pytest.mark.parametrize(
    "shape",
    ["{}", " {} ", "{}.", "{}!!!", "“{}”", "'{}'", "*{}*", "{} please", "Please {}", "Hi,\n{}\nThanks", "{} ALL"],
)
def test_named_word_stops_however_it_is_dressed(word: str, shape: str) -> None:
    assert stops(shape.format(word))
    assert stops(shape.format(word).upper())
    assert stops(shape.format(word) + QUOTED)


@pytest.mark.parametrize(
    "text",
    [
        "STOPALL",
        "opt-out",
        "OptOut",
        "un-subscribe",
        "S.T.O.P",
        "S T O P",
        "ＳＴＯＰ",
        "st\u200bop",
        "stop sending me these",
        "no, stop",
        "Don't. Stop!",
        "I cannot stop these, help",
        "stop stop stop stop stop stop stop",
        "STOP\n\nKind regards\nAda Lovelace\nChief analyst of the engine\n",
        "Stop. I never signed up for this and I do not want it.",
        "Please stop sending me these messages, I never asked for any of it.",
        "Unsubscribe me please, I am not interested any more in what you do.",
        "I would like to opt out of your marketing messages from now on.",
        "How do I unsubscribe from this list that you put me on?",
        "Can you please stop texting me about the offers you have got",
        "I want you to stop calling me late at night",
        "Cancel my subscription to the newsletter, it is of no use to me",
        "I hereby revoke my consent to be called by you at any time of day.",
        "I have already unsubscribed and you still send me this every week",
    ],
)
def test_demand_in_other_words_stops(text: str) -> None:
    assert stops(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "don't stop",
        "Don’t stop!",
        "please do not stop",
        "never stop",
        "I don't want to unsubscribe",
        "end of the month",
        "At the end",
        "by the end of the week",
        "stop by tomorrow",
        "unstoppable weekend",
        "I hope that you never stop sending me these great messages about the engine",
        "We do not want to stop the service, the bill of May is what we ask about",
        "Could you tell me whether one may cancel an order that was placed before the price went up?",
        "We will come to your offices at the end of the month and look at the bus stop that is near them.",
        "The king may quit the throne and revoke the edict when the war comes to an end",
        "Do not stop sending me these messages, I read every one of them.",
    ],
)
def test_what_asks_for_nothing_does_not_stop(text: str) -> None:
    assert not stops(text)


@pytest.mark.parametrize(
    "quoted",
    [
        QUOTED,
        "\n\nOn Mon, 2 Mar 2026 at 10:00 the team of the news\n<news@example.org> wrote:\n\nReply STOP to unsubscribe",
        "\n\n-----Original Message-----\nFrom: News\nunsubscribe\nstop",
        "\n\n________________________________\nFrom: News\nSTOP",
        "\n-- \nStop\nAda",
        "\n\nAm 2. März 2026 um 10:00 schrieb News:\nstop",
    ],
)
def test_quoted_message_says_nothing_for_the_person(quoted: str) -> None:
    assert not stops(f"Thanks, looks good{quoted}")
    assert not stops(quoted)
    assert stops(f"Stop{quoted}")


def test_reply_below_the_quoted_message_is_read() -> None:
    assert stops(f"{QUOTED.strip()}\n\nstop")
    assert not stops(f"{QUOTED.strip()}\n\nthanks")


@given(
    st.sampled_from(NAMED),
    st.lists(st.sampled_from(PROSE), max_size=SHORT - 2),
    st.sampled_from(["", " ", "\n", "\r\n\t"]),
    st.sampled_from(["", ".", "!", " …", "?!", '"']),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_short_reply_that_begins_with_a_named_word_stops(word, more, space, sign, dice, quoted) -> None:
    said = "".join(dice.choice((each.lower(), each.upper())) for each in word)
    # "end of" and "stop by" are told apart from the words, and are none of these.
    rest = [each for each in more if each not in ("of", "by")]

    assert stops(f"{space}{sign}{' '.join((said, *rest))}{sign}{space}{QUOTED if quoted else ''}")


@given(
    st.lists(st.sampled_from(PROSE), min_size=SHORT, max_size=30),
    st.sampled_from(["stop", "quit", "end", "revoke", "cancel"]),
    st.data(),
)
def test_prose_in_which_a_word_occurs_does_not_stop(words, word, data) -> None:
    at = data.draw(st.integers(1, len(words) - 1))
    # A demand may follow on "we" and "and".
    before = [each for each in words[:at] if each not in ("we", "and")] or ["figures"]

    assert not stops(" ".join([*before, word, *words[at:], *PROSE[:SHORT]]))


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    assert stops(text) in (True, False)
    assert stops("stop\n" + "\n".join(f"> {line}" for line in text.splitlines()))


@pytest.mark.parametrize("part", ["please ", "stop the ", "can you ", "> x\n", "On x wrote:\n", "I want to ", "x " * 9])
def test_endless_text_is_answered_at_once(part: str) -> None:
    begun = time.process_time()

    stops(part * 20_000)

    assert time.process_time() - begun < 1
