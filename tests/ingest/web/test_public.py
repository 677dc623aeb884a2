from ondol.ingest.web.address import parse_address
from ondol.ingest.web.public import is_public


def test_numbers_of_public_hosts_are_on_the_web_in_every_spelling():
    for url in ("http://8.8.8.8/", "http://[2606:4700::1111]/", "http://134744072/"):  # 8.8.8.8 as one number
        assert is_public(parse_address(url))


def test_names_without_a_domain_and_numbers_of_this_machine_are_not():
    for url in ("http://router/", "http://a.local/", "http://127.1/", "http://[::1]/", "http://169.254.169.254/"):
        assert not is_public(parse_address(url))
