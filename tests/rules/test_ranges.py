import pytest

from portal.rules import ranges

WHOLE, NONE = "whole", "none"


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        (None, 1000, WHOLE),
        ("", 1000, WHOLE),
        ("bytes=0-499", 1000, (0, 499)),
        ("bytes=500-999", 1000, (500, 999)),
        ("bytes=0-0", 1000, (0, 0)),
        ("bytes=999-999", 1000, (999, 999)),
        ("bytes=0-", 1000, (0, 999)),
        ("bytes=999-", 1000, (999, 999)),
        ("bytes=-1", 1000, (999, 999)),
        ("bytes=-1000", 1000, (0, 999)),
        ("bytes=-5000", 1000, (0, 999)),
        ("bytes=0-999", 1000, (0, 999)),
        ("bytes=0-1000", 1000, (0, 999)),
        ("bytes=990-99999999999999999999999999", 1000, (990, 999)),
        ("Bytes=1-2", 1000, (1, 2)),
        (" bytes=1-2 ", 1000, (1, 2)),
        ("bytes=0001-0002", 1000, (1, 2)),
        ("bytes=5368709119-", 5 * 2**30, (5368709119, 5368709119)),
        ("bytes=4294967296-4294967297", 5 * 2**30, (4294967296, 4294967297)),
        ("bytes=1000-", 1000, NONE),
        ("bytes=1000-2000", 1000, NONE),
        ("bytes=99999999999999999999999999-", 1000, NONE),
        ("bytes=-0", 1000, NONE),
        ("bytes=0-", 0, NONE),
        ("bytes=-0", 0, NONE),
        ("bytes=-5", 0, WHOLE),
        ("bytes=5-2", 1000, WHOLE),
        ("bytes=2000-1500", 1000, WHOLE),
        ("bytes=-", 1000, WHOLE),
        ("bytes=", 1000, WHOLE),
        ("bytes", 1000, WHOLE),
        ("bytes=a-b", 1000, WHOLE),
        ("bytes=-5-", 1000, WHOLE),
        ("bytes=--5", 1000, WHOLE),
        ("bytes=+1-2", 1000, WHOLE),
        ("bytes = 1-2", 1000, WHOLE),
        ("bytes=1 - 2", 1000, WHOLE),
        ("bytes=0x1-0x2", 1000, WHOLE),
        ("bytes=１-２", 1000, WHOLE),
        ("items=0-5", 1000, WHOLE),
        ("bytes=0-1,2-3", 1000, WHOLE),
        ("bytes=0-999,0-999", 1000, WHOLE),
        ("bytes=" + ",".join(["0-"] * 1000), 1000, WHOLE),
        ("bytes=0-" + "9" * 5000, 1000, WHOLE),
        ("bytes=0-5\r\nX: y", 1000, WHOLE),
    ],
)
def test_a_range_header_gives_its_bytes_the_whole_or_nothing(header, size, expected):
    if expected == NONE:
        with pytest.raises(ranges.Unsatisfiable) as caught:
            ranges.parse(header, size)
        assert caught.value.content_range == f"bytes */{size}"
        return
    found = ranges.parse(header, size)
    assert (WHOLE if found is None else (found.first, found.last)) == expected


def test_a_range_knows_its_length_and_its_header():
    found = ranges.parse("bytes=10-19", 1000)
    assert (found.length, found.content_range) == (10, "bytes 10-19/1000")


@pytest.mark.parametrize("size", range(1, 6))
def test_no_range_reaches_outside_of_the_file(size):
    for header in [f"bytes={a}-{b}" for a in ["", *range(8)] for b in ["", *range(8)]]:
        try:
            found = ranges.parse(header, size)
        except ranges.Unsatisfiable:
            continue
        if found:
            assert 0 <= found.first <= found.last < size
            assert len(bytes(size)[found.first : found.last + 1]) == found.length
