"""Which IP addresses are public, whatever they are dressed up as."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachments.fetching.networks import IPAddress, is_public

pytestmark = pytest.mark.once


class TestPublic:
    @pytest.mark.parametrize(
        "address",
        [
            *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
            *("128.0.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255"),
            *("198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1"),
            *("2606:4700::1111", "2a00:1450::1", "3fff:1000::1"),
        ],
    )
    def test_is(self, address: str) -> None:
        assert is_public(ip_address(address))

    @pytest.mark.parametrize(
        "address",
        [
            *("0.0.0.0", "0.1.2.3", "10.0.0.5", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
            *("127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192"),
            *("192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1"),
            *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
            *("240.0.0.1", "255.255.255.255"),
        ],
    )
    def test_is_no_special_ipv4_address(self, address: str) -> None:
        assert not is_public(ip_address(address))

    @pytest.mark.parametrize(
        "address",
        [
            *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8"),
            *("64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1"),
            *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1"),
            *("2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "2620:4f:8000::1", "3ffe::1", "3fff::1", "4000::1"),
            *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        ],
    )
    def test_is_no_ipv6_address_in_disguise(self, address: str) -> None:
        assert not is_public(ip_address(address))

    @given(st.ip_addresses())
    def test_is_never_more_than_python_says(self, address: IPAddress) -> None:
        assert not is_public(address) or (address.is_global and not address.is_multicast)
