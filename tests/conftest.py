"""What all tests share: the real stores and clients as fixtures, and no test that is not run.

A skipped test proves nothing and looks like success, so a skip is a failure, here and everywhere:
a machine that lacks a program is told so, in words, by the test that needs it.
"""

from __future__ import annotations

import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.stores.fixtures", "tests.clients.fixtures", "tests.logged"]

# A slow machine is not a wrong answer.
settings.register_profile("s3gateway", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("s3gateway")

# A shell starts what runs in the background with SIGINT ignored, and whatever tests start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _fail_instead(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as a failure here: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    _fail_instead(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped module into a failed one."""
    report = yield
    _fail_instead(report)
    return report
