import hashlib
import hmac
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.rules import codes
from portal.rules.errors import Invalid

CODES = [codes.generate() for _ in range(50)]
KEY = bytes(range(32))


def refused(text: str) -> bool:
    try:
        codes.normalise(text)
    except codes.Mistyped:
        return True
    return False


def test_a_code_is_sixteen_symbols_of_crockfords_alphabet():
    assert len(codes.ALPHABET) == 32
    assert not set("ILOU") & set(codes.ALPHABET)
    for code in CODES:
        assert len(code) == 16
        assert set(code) <= set(codes.ALPHABET)


def test_codes_differ_and_use_the_whole_alphabet():
    assert len(set(CODES)) == len(CODES)
    assert set("".join(CODES)) == set(codes.ALPHABET)


def test_the_check_symbol_is_luhns_modulo_32():
    # Worked by hand: Z is 31, doubled 62 = 1×32 + 30 → 31; 32 − 31 = 1.
    assert codes.check_symbol("0" * 15) == "0"
    assert codes.check_symbol("0" * 14 + "Z") == "1"
    assert codes.check_symbol("0" * 14 + "1") == "Y"
    assert codes.check_symbol("0" * 13 + "10") == "Z"


def test_every_single_wrong_symbol_is_found():
    missed = [
        (code, place, symbol)
        for code in CODES
        for place in range(16)
        for symbol in codes.ALPHABET
        if symbol != code[place] and not refused(code[:place] + symbol + code[place + 1 :])
    ]
    assert missed == []


def test_at_least_95_per_cent_of_neighbour_swaps_are_found():
    swaps = [
        code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        for code in CODES
        for place in range(15)
        if code[place] != code[place + 1]
    ]
    found = sum(refused(swap) for swap in swaps)
    assert found / len(swaps) >= 0.95


def test_the_only_neighbours_that_may_be_swapped_unseen_are_0_and_z():
    missed = {
        frozenset((left, right))
        for left in codes.ALPHABET
        for right in codes.ALPHABET
        if left < right and codes.check_symbol("0" * 13 + left + right) == codes.check_symbol("0" * 13 + right + left)
    }
    assert missed == {frozenset("0Z")}


def test_a_code_is_shown_in_groups_of_four():
    assert codes.display("0123456789ABCDEF") == "0123-4567-89AB-CDEF"


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize(
    "typed",
    [
        codes.display,
        str.lower,
        lambda code: f"  {codes.display(code)}\n",
        lambda code: " ".join(code),
        lambda code: "\u2013".join(code),
        lambda code: "\u2010\u2011\u2012\u2014\u2212\uff0d\u00ad\u200b\ufeff\u3000\u00a0\u30fc_".join(
            [code[:5], code[5:]]
        ),
        lambda code: code.replace("0", "O").replace("1", "I"),
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: "".join(chr(ord(symbol) + 0xFEE0) for symbol in code),
        lambda code: codes.display(code).replace("-", "－"),
    ],
)
def test_what_people_type_is_understood(which, typed):
    code = CODES[which]
    assert codes.normalise(typed(code)) == code


def test_letters_that_look_like_digits_are_read_as_digits():
    assert codes.normalise("oOoO-oooo-OOOO-oo1Y") == codes.normalise("0000-0000-0000-00iY")
    assert codes.normalise("0000-0000-0000-00LY") == "000000000000001Y"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "code_length"),
        ("-", "code_length"),
        ("0" * 15, "code_length"),
        ("0" * 17, "code_length"),
        ("0" * 5000, "code_length"),
        ("U" + "0" * 15, "code_symbol"),
        ("é" + "0" * 15, "code_symbol"),
        ("0" * 14 + "?0", "code_symbol"),
        ("零" * 16, "code_symbol"),
        ("0" * 15 + "1", "code_check"),
    ],
)
def test_a_typing_mistake_is_told_apart_from_a_wrong_code(text, code):
    with pytest.raises(codes.Mistyped) as caught:
        codes.normalise(text)
    assert (caught.value.code, caught.value.field) == (code, "code")
    assert isinstance(caught.value, Invalid)


@settings(max_examples=2000)
@given(st.text(max_size=40))
@example("\ud800" * 16)
def test_any_text_is_a_code_or_mistyped(text):
    assert refused(text) or codes.normalise(codes.normalise(text)) == codes.normalise(text)


def test_the_digest_is_keyed():
    code = CODES[0]
    assert codes.digest(code, KEY) == hmac.new(KEY, code.encode(), hashlib.sha256).digest()
    assert codes.digest(code, KEY) != codes.digest(code, KEY[::-1])
    assert codes.digest(code, KEY) != codes.digest(CODES[1], KEY)


def test_a_missing_key_is_not_accepted_silently():
    with pytest.raises(ValueError, match="at least 16 bytes"):
        codes.digest(CODES[0], b"")


def test_codes_do_not_follow_from_a_seed():
    random.seed(1)
    first = codes.generate()
    random.seed(1)
    assert codes.generate() != first
