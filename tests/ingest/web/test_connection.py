import ipaddress
import shutil
import socket
import ssl
import subprocess

import pytest

from ondol.errors import BackendError, UnusableInput
from ondol.ingest.web.connection import find_addresses, place_of
from ondol.ingest.web.fetch import Fetched


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("8.8.8.8", "public"), ("223.130.200.104", "public"), ("2606:4700::1111", "public"), ("1.1.1.1", "public"),
        ("::ffff:8.8.8.8", "public"), ("64:ff9b::808:808", "public"),
        ("127.0.0.1", "own"), ("127.8.9.10", "own"), ("10.1.2.3", "own"), ("172.31.0.1", "own"), ("192.168.0.1", "own"),
        ("100.64.0.1", "own"), ("::1", "own"), ("fd12::1", "own"), ("::ffff:127.0.0.1", "own"),
        ("64:ff9b::7f00:1", "own"), ("198.18.0.1", "own"),
        ("169.254.169.254", "closed"), ("::ffff:169.254.169.254", "closed"), ("64:ff9b::a9fe:a9fe", "closed"),
        ("fd00:ec2::254", "closed"), ("100.100.100.200", "closed"), ("168.63.129.16", "closed"),
        ("0.0.0.0", "closed"), ("0.1.2.3", "closed"), ("::", "closed"), ("224.0.0.1", "closed"),
        ("255.255.255.255", "closed"), ("240.0.0.1", "closed"), ("192.0.2.1", "closed"), ("192.88.99.1", "closed"),
        ("fe80::1", "closed"), ("ff02::1", "closed"), ("fec0::1", "closed"), ("2002:7f00:1::", "closed"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "closed"), ("2001:db8::1", "closed"), ("::7f00:1", "closed"),
        ("64:ff9b:1::1", "closed"), ("100::1", "closed"),
    ],
)  # fmt: skip
def test_it_is_known_whose_an_address_is(address, place):
    assert place_of(ipaddress.ip_address(address)) == place


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "localhost.", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "LOCALHOST", "①②⑦.⓪.⓪.①", "127。0。0。1"],
)  # fmt: skip
def test_every_way_to_write_this_machine_is_refused(site, refused, host):
    site.put("/", "secret")
    reason = refused(f"http://{host}:{site.port}/", allow_private=False)
    assert "leads to the private address" in reason
    assert "--allow-private" in reason
    assert site.asked == []


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "[fe80::1]", "224.0.0.1", "[::]"])
def test_some_addresses_stay_closed_whatever_is_allowed(refused, address):
    assert "where no web pages are read from" in refused(f"http://{address}/")


def test_a_private_address_is_told_by_name(site, refused, names):
    names["intranet.example"] = ["10.0.0.7"]
    assert refused("https://intranet.example/", allow_private=False) == (
        "intranet.example leads to the private address 10.0.0.7. --allow-private reads from your own network too."
    )


def test_one_private_address_among_public_ones_closes_the_host(names):
    names["mixed.example"] = ["8.8.8.8", "192.168.0.1"]
    with pytest.raises(UnusableInput):
        find_addresses("mixed.example", 80, allow_private=False)
    assert len(find_addresses("mixed.example", 80, allow_private=True)) == 2


def test_a_name_that_changes_its_address_is_caught_when_it_does(site, refused, names, monkeypatch):
    names["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    tried = []
    monkeypatch.setattr(socket, "create_connection", lambda address, *rest, **more: tried.append(address) or fail())

    def fail():
        raise ConnectionRefusedError

    assert (
        refused(f"http://rebind.example:{site.port}/", allow_private=False) == "rebind.example refuses the connection."
    )
    # resolved once, and connected to what had been looked at, not to the name
    assert (names.asked, tried) == ({"rebind.example": 1}, [("8.8.8.8", site.port)])
    assert "private address 127.0.0.1" in refused(f"http://rebind.example:{site.port}/", allow_private=False)


def test_the_second_address_is_tried_when_the_first_is_dead(site, fetch, names):
    site.put("/", "<p>alive")
    names["two.example"] = ["127.0.0.9", "127.0.0.1"]  # the server listens on the second only
    (page,) = fetch(f"http://two.example:{site.port}/")
    assert page.data == b"<p>alive"
    assert site.heads[-1]["host"] == f"two.example:{site.port}"


def test_a_redirect_to_a_private_address_is_refused(site, other_site, refused, names, monkeypatch):
    other_site.put("/keys", "secret")
    site.put("/", status=302, Location=f"http://inside.example:{other_site.port}/keys")
    names["outside.example"], names["inside.example"] = ["127.0.0.1"], ["10.0.0.1"]
    monkeypatch.setattr("ondol.ingest.web.connection.OWN", ("10.0.0.0/8",))  # this machine plays the internet
    monkeypatch.setattr("ondol.ingest.web.connection.place_of", outside(place_of))
    reason = refused(f"http://outside.example:{site.port}/", allow_private=False)
    assert reason.startswith("inside.example leads to the private address 10.0.0.1.")
    assert other_site.asked == []


def outside(place):
    return lambda address: "public" if str(address) == "127.0.0.1" else place(address)


def test_a_redirect_to_the_keys_of_a_cloud_is_refused_even_on_ones_own_network(site, refused):
    site.put("/", status=307, Location="http://169.254.169.254/latest/meta-data/")
    assert "169.254.169.254, where no web pages are read from" in refused(site.url)


def test_proxies_of_the_environment_are_not_used(site, fetch, monkeypatch):
    site.put("/", "<p>direct")
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert fetch(site.url)[0].data == b"<p>direct"


def test_an_unknown_host_is_told(names):
    with pytest.raises(BackendError) as caught:
        find_addresses("no-such-host.invalid", 80, allow_private=False)
    assert caught.value.message == "The host no-such-host.invalid is not known; is it spelt right?"


def test_a_refused_connection_is_told(refused):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert refused(f"http://127.0.0.1:{closed.getsockname()[1]}/") == "127.0.0.1 refuses the connection."


@pytest.fixture
def secure(site, tmp_path, monkeypatch):
    """The site with TLS for `wiki.example`, whose certificate is trusted."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=wiki.example", "-addext", "subjectAltName=DNS:wiki.example", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked = []
    context.sni_callback = lambda socket, name, context: asked.append(name)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.sni = asked
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return site


def test_tls_checks_the_name_although_the_address_is_connected_to(secure, fetch, refused, names):
    secure.put("/", "<p>safe")
    names["wiki.example"] = names["other.example"] = ["127.0.0.1"]
    (page,) = fetch(f"https://wiki.example:{secure.port}/")
    assert isinstance(page, Fetched)
    assert set(secure.sni) == {"wiki.example"}
    assert secure.heads[-1]["host"] == f"wiki.example:{secure.port}"
    reason = refused(f"https://other.example:{secure.port}/")
    assert reason.startswith("other.example shows no certificate that can be trusted: Hostname mismatch")


def test_a_certificate_nobody_knows_is_refused(secure, refused, names, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    names["wiki.example"] = ["127.0.0.1"]
    reason = refused(f"https://wiki.example:{secure.port}/")
    assert reason == "wiki.example shows no certificate that can be trusted: self-signed certificate."


def test_a_server_without_tls_is_told(site, refused):
    assert refused(f"https://127.0.0.1:{site.port}/").startswith("No secure connection to 127.0.0.1: ")


def test_a_redirect_from_https_to_http_is_refused(secure, refused, names):
    names["wiki.example"] = ["127.0.0.1"]
    secure.put("/", status=301, Location="http://wiki.example:8000/")
    assert refused(f"https://wiki.example:{secure.port}/") == (
        "The page leads from https to http://wiki.example:8000/, which anybody on the way can change."
    )
