"""Who is meant by “@Name”."""

import pytest

from portal.rules import conversation

NAMES = ["Cleo", "Cleo Chen", "Max", "李娜", "José", "Vera Stein", "Kim Berg", "kim Tal"]


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("hello", set()),
        ("@Cleo", {"Cleo"}),
        ("@Cleo Chen, please", {"Cleo Chen"}),
        ("@cleo chen", {"Cleo Chen"}),
        ("@Cleophas", set()),
        ("@李娜看一下", {"李娜"}),
        ("@José!", {"José"}),
        ("mail max@example.org", set()),
        ("@Max@Cleo", {"Max", "Cleo"}),
        ("@@Max", {"Max"}),
        ("@", set()),
        ("@Vera, and @vera stein too", {"Vera Stein"}),
        ("@Vera Lind", {"Vera Stein"}),
        ("@Stein", set()),
        ("@Kim", set()),
        ("@Kim Tal", {"kim Tal"}),
    ],
)
def test_the_longest_name_behind_the_sign_is_meant_and_a_first_name_if_one_person_has_it(body, meant):
    assert conversation.mentioned(body, NAMES) == meant


def test_a_name_without_letters_means_nobody():
    assert conversation.mentioned("@ @", [""]) == frozenset()
