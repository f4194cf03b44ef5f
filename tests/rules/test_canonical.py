import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rules import chain


def test_canonical_json_is_sorted_dense_and_unescaped():
    body = {"b": [1, None, True, {"z": "ß", "a": '"'}], "a": "里程碑\n"}
    assert chain.canonical(body) == '{"a":"里程碑\\n","b":[1,null,true,{"a":"\\"","z":"ß"}]}'


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", (1,), {1: 2}, {"k": 0.5}, [[[2.5]]], object(), {1}])
def test_values_without_one_spelling_are_refused(value):
    with pytest.raises(TypeError):
        chain.canonical({"value": value})


def test_text_without_utf8_form_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        chain.canonical({"value": "\ud800"})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=2000, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_canonical_form_survives_a_round_trip(body):
    text = chain.canonical(body)
    assert json.loads(text) == body
    assert chain.canonical(json.loads(text)) == text
    assert chain.canonical(dict(reversed(body.items()))) == text
