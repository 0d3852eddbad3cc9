from __future__ import annotations

import pytest

from bench import wrk

PRINTED = """Running 5s test @ http://127.0.0.1:12345/soap
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     7.12ms    1.60ms  31.57ms   92.13%
    Req/Sec     4.53k   312.20     5.02k    80.00%
  Latency Distribution
     50%  950.00us
     75%    7.11ms
     90%    8.00ms
     99%    1.25s
  22541 requests in 5.01s, 18.42MB read
"""


def test_rate_and_latencies_are_read_in_their_units():
    load = wrk.parse(PRINTED)
    assert load.rate == pytest.approx(22541 / 5.01)
    assert (load.p50, load.p99) == pytest.approx((0.95, 1250.0))
    assert (load.errors, load.refused) == (0, 0)


def test_errors_and_refusals_are_counted():
    told = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 22541\n"
    load = wrk.parse(PRINTED + told)
    assert (load.errors, load.refused) == (10, 22541)


@pytest.mark.parametrize("printed", ["", PRINTED.replace("22541 req", "0 req"), PRINTED.replace("99%", "")])
def test_what_tells_nothing_is_no_measurement(printed):
    with pytest.raises(ValueError, match="wrk"):
        wrk.parse(printed)


def test_a_request_is_written_as_wrk_reads_it(tmp_path):
    script = wrk.request(tmp_path / "call.lua", {"SOAPAction": '""'}, b"<a/>")
    assert script.read_text() == (
        'wrk.method="POST"\nwrk.headers["SOAPAction"]="\\"\\""\nwrk.body=[==[<a/>]==]\n'
    )
