import pytest

from portal.rules import money


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (55, "伍角伍分"),
        (1_00, "壹元整"),
        (1_05, "壹元零伍分"),
        (10_00, "壹拾元整"),
        (10_50, "壹拾元零伍角整"),
        (15_00, "壹拾伍元整"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (6_007_14, "陆仟零柒元壹角肆分"),
        (1_680_32, "壹仟陆佰捌拾元零叁角贰分"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (107_000_53, "壹拾万柒仟元零伍角叁分"),
        (100_005_000_00, "壹亿零伍仟元整"),
        (1_000_010_000_00, "壹拾亿零壹万元整"),
        (1_001_00, "壹仟零壹元整"),
        (10_001_00, "壹万零壹元整"),
        (100_100_00, "壹拾万零壹佰元整"),
        (123_456_789_12, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元壹角贰分"),
        (10**15, "壹拾万亿元整"),
        (-5_00, "负伍元整"),
    ],
)
def test_amounts_in_chinese_financial_numerals(minor, words):
    assert money.in_words_cny(minor) == "人民币" + words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (250_000, "EUR", f"Two thousand five hundred euros and 00/{10**2}"),
        (1_00, "EUR", f"One euro and 00/{10**2}"),
        (47, "USD", f"Zero US dollars and 47/{10**2}"),
        (10_001, "JPY", "Ten thousand one Japanese yen"),
        (33_334, "KWD", "Thirty-three Kuwaiti dinars and 334/1000"),
        (1_234_000_008_12, "CNY",
         f"One billion two hundred thirty-four million eight Chinese yuan and 12/{10**2}"),
        (19_00, "EUR", f"Nineteen euros and 00/{10**2}"),
        (20_00, "EUR", f"Twenty euros and 00/{10**2}"),
        (-1_00, "EUR", f"Minus one euro and 00/{10**2}"),
        (10**15, "EUR", f"Ten trillion euros and 00/{10**2}"),
    ],
)  # fmt: skip
def test_amounts_in_english_words(minor, currency, words):
    assert money.in_words_en(minor, currency) == words
