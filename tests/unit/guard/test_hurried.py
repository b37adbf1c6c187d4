"""Connections whose time is over."""

import ssl

import httpcore
import pytest

from praetor.guard.hurried import HurriedTransport


def test_a_connection_without_time_for_its_handshake_is_closed(server):
    with HurriedTransport() as transport:
        transport.hurry(5.0)
        stream = transport._backend.connect_tcp("127.0.0.1", server.port)
        transport.hurry(0.0)
        with pytest.raises(httpcore.ReadTimeout):
            stream.start_tls(ssl.create_default_context())
        assert stream.get_extra_info("socket").fileno() == -1
