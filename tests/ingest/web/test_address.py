import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ondol.errors import UnusableInput
from ondol.ingest.web.address import parse_address


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/a/../b/./c#part", "https://example.com/b/c"),
        ("http://example.com.:80/", "http://example.com/"),
        ("http://example.com:8080/?q=a b", "http://example.com:8080/?q=a%20b"),
        ("https://example.com/%7euser/%e1%84%80%2f", "https://example.com/~user/%E1%84%80%2F"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://한국.kr/문서", "https://xn--3e0b707e.kr/%EB%AC%B8%EC%84%9C"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://my_host:8000", "http://my_host:8000/"),
        ("https://example.com/../../etc", "https://example.com/etc"),
        ("https://example.com/a//b/..", "https://example.com/a//"),
    ],
)
def test_an_address_has_one_spelling(written, sent):
    assert parse_address(written).text == sent


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("ftp://example.com/", "Only addresses with http:// or https:// can be read."),
        ("file:///etc/passwd", "Only addresses with http:// or https:// can be read."),
        ("gopher://example.com:70/", "Only addresses with http:// or https:// can be read."),
        ("example.com", "Only addresses with http:// or https:// can be read."),
        ("https://me:secret@example.com/", "The address holds a user name or a password; leave it out."),
        ("https://@example.com/", "The address holds a user name or a password; leave it out."),
        ("http://example.com:25/", "Port 25 is not one of web pages."),
        ("http://example.com:99999/", "This is not written like a web address."),
        ("http://example.com\\@evil.example/", "This is not written like a web address."),
        ("http://example.com/a\r\nHost: evil", "This is not written like a web address."),
        ("http://[::1%25eth0]/", "This is not written like a web address."),
        ("http://[nonsense]/", "This is not written like a web address."),
        ("http:///path", "This is not written like a web address."),
        ("http://exa mple.com/", "This is not written like a web address."),
        (f"http://{'a' * 64}.com/", "This is not written like a web address."),
        ("https://example.com/" + "a" * 5000, "The address is longer than 4096 characters."),
    ],
)
def test_what_is_no_address_is_refused(written, reason):
    with pytest.raises(UnusableInput) as caught:
        parse_address(written)
    assert caught.value.message == reason


def test_korean_addresses_are_shown_as_people_read_them():
    given = "https://ko.example.org/wiki/%EC%98%A8%EB%8F%8C?%EC%AA%BD=1%2F2&x=%FF%20"
    assert parse_address(given).shown == "https://ko.example.org/wiki/온돌?쪽=1%2F2&x=%FF%20"
    assert parse_address("https://XN--3E0B707E.kr/").shown == "https://한국.kr/"


def test_decomposed_addresses_are_shown_composed():
    address = parse_address("https://example.com/%E1%84%92%E1%85%A1%E1%86%AB")
    assert address.shown == "https://example.com/한"
    assert address.text == "https://example.com/%E1%84%92%E1%85%A1%E1%86%AB"
    assert parse_address("https://example.com/" + unicodedata.normalize("NFD", "한")).text.endswith("/%ED%95%9C")


def test_a_host_that_could_be_taken_for_another_stays_in_ascii():
    assert parse_address("https://аррle.com/").shown.startswith("https://xn--")  # Cyrillic letters


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30))
def test_what_is_shown_is_read_back(path):
    try:
        address = parse_address(f"https://example.com/{path}")
    except UnusableInput:
        return
    assert address.text.isascii()
    assert parse_address(address.text) == address
    assert unicodedata.is_normalized("NFC", address.shown)
    if unicodedata.is_normalized("NFC", path):
        assert parse_address(address.shown).shown == address.shown


def test_references_are_joined():
    page = parse_address("https://example.com/a/b?c")
    assert page.join("../d#e").text == "https://example.com/d"
    assert page.join("//other.example/x").text == "https://other.example/x"
    with pytest.raises(UnusableInput):
        page.join("javascript:alert(1)")
    with pytest.raises(UnusableInput):
        page.join("http://[broken/")
