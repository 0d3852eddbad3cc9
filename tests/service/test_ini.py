from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service.ini import ConfigError, Mistake, Source, parse_ini, read_ini


def texts(text):
    return {(entry.section, entry.key): entry.text for entry in parse_ini(text).entries}


def mistakes(text):
    return [(mistake.line, mistake.section, mistake.key) for mistake in parse_ini(text).mistakes]


def test_keys_and_values():
    assert texts("[a]\nx = 1\ny=two words\n[b c]\nX = 3") == {
        ("a", "x"): "1",
        ("a", "y"): "two words",
        ("b c", "x"): "3",
    }


def test_comments():
    text = "; one\n# two\n[a] ; three\nx = 1 ; four\ny = a;b\n  ; five\n  # six\nz = ; seven\n"
    assert texts(text) == {("a", "x"): "1", ("a", "y"): "a;b", ("a", "z"): ""}
    assert mistakes(text) == []


def test_a_hash_behind_a_value_is_part_of_it():
    assert texts("[a]\nx = 1 # 2") == {("a", "x"): "1 # 2"}


def test_a_value_goes_on_over_lines_with_comments_and_blank_ones_between():
    (entry,) = parse_ini("[a]\nx = ; where\n    one ; first\n\n    ; none\n    two\n").entries
    assert entry.line == 2
    assert entry.parts == ((3, "one"), (6, "two"))
    assert entry.text == "one two"


def test_windows_line_ends_are_read():
    assert texts("[a]\r\nx = 1\r\n") == {("a", "x"): "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", (1, "", "x")),
        ("[a]\nx", (2, "a", "")),
        ("[a]\nx : 1", (2, "a", "")),
        ("[a]\n9x = 1", (2, "a", "")),
        ("[a]\n = 1", (2, "a", "")),
        ("[a\nx = 1", (1, "", "")),
        ("[]", (1, "", "")),
        ("[a]\n  one", (2, "a", "")),
        ("[a]\nx = 1\nx = 2", (3, "a", "x")),
        ("[a]\nX = 1\nx = 2", (3, "a", "x")),
        ("[a]\n[b]\n[a]", (3, "a", "")),
        ("[a]\nx = \x00", (2, "a", "")),
    ],
)
def test_mistakes_have_their_line(text, expected):
    assert mistakes(text)[0] == expected


def test_a_duplicate_names_the_line_of_the_first():
    assert "line 2" in parse_ini("[a]\nx = 1\nx = 2").mistakes[0].text
    assert "line 1" in parse_ini("[a]\n[a]").mistakes[0].text


def test_lines_that_go_on_below_a_mistake_are_not_mistakes_of_their_own():
    assert len(mistakes("[a]\nx : 1\n   more\n   and more")) == 1


@given(st.text())
def test_no_mistake_repeats_the_text_of_a_line(text):
    for mistake in parse_ini(f"[a]\nsecret{text}").mistakes:
        assert "secret" not in mistake.text


@given(st.text())
def test_any_text_is_read(text):
    parse_ini(text)


def test_a_value_is_not_in_the_repr():
    assert "hidden" not in repr(parse_ini("[a]\nx = hidden"))


def test_read_with_a_byte_order_mark(tmp_path):
    (tmp_path / "f.ini").write_bytes(b"\xef\xbb\xbf[a]\nx = \xc3\xa4")
    assert read_ini(tmp_path / "f.ini").entries[0].text == "\u00e4"


def test_a_file_that_is_not_utf8_names_the_line(tmp_path):
    (tmp_path / "f.ini").write_bytes(b"[a]\nx = \xff")
    assert [mistake.line for mistake in read_ini(tmp_path / "f.ini").mistakes] == [2]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.ini: cannot be read: No such file or directory"):
        read_ini(tmp_path / "none.ini")


def test_an_error_has_a_line_for_each_mistake():
    error = ConfigError("one", "two")
    assert (error.lines, str(error)) == (("one", "two"), "one\ntwo")


@pytest.mark.parametrize(
    ("path", "mistake", "line"),
    [
        (Path("/c.ini"), Mistake(3, "a", "x", "no"), "/c.ini:3: [a] x: no"),
        (Path("/c.ini"), Mistake(3, "a", "", "no"), "/c.ini:3: [a]: no"),
        (Path("/c.ini"), Mistake(3, "", "", "no"), "/c.ini:3: no"),
        (Path("/c.ini"), Mistake(0, "a", "x", "no"), "/c.ini: [a] x: no"),
        (None, Mistake(0, "a", "x", "no"), "[a] x: no"),
    ],
)
def test_a_mistake_is_told_in_one_line(path, mistake, line):
    assert Source(path, Path("/")).tell(mistake) == line
