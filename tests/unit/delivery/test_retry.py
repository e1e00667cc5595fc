import pytest
from hypothesis import given
from hypothesis import strategies as st

from space_hub.delivery.retry import DEFAULT, Policy, Verdict, delay, rest, seconds_of, verdict


def test_attempts_spread_over_about_a_day_and_then_end() -> None:
    waits = []
    attempts = 1
    while (wait := delay(DEFAULT, attempts, 0.5)) is not None:
        waits.append(wait.total_seconds())
        attempts += 1
    assert attempts == DEFAULT.attempts == 11
    assert waits == sorted(waits)
    assert 20 <= sum(waits) / 3600 <= 28


@given(st.integers(1, 10), st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_a_fifth(attempts: int, uniform: float) -> None:
    wait = delay(DEFAULT, attempts, uniform)
    assert wait is not None
    middle = DEFAULT.delays_s[attempts - 1]
    assert 0.8 * middle - 1e-6 <= wait.total_seconds() <= 1.2 * middle + 1e-6


def test_receivers_that_failed_together_are_not_called_together() -> None:
    assert delay(DEFAULT, 1, 0.1) != delay(DEFAULT, 1, 0.9)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.DONE),
        (204, Verdict.DONE),
        (299, Verdict.DONE),
        (301, Verdict.AGAIN),
        (400, Verdict.AGAIN),
        (410, Verdict.GONE),
        (503, Verdict.AGAIN),
        (None, Verdict.AGAIN),
    ],
)
def test_what_a_status_means(status: int | None, expected: Verdict) -> None:
    assert verdict(status) is expected


def test_retry_after_is_a_lower_bound_up_to_an_hour() -> None:
    short, long = delay(DEFAULT, 1, 0.5, 60.0), delay(DEFAULT, 1, 0.5, 1e9)
    assert short is not None and long is not None
    assert short.total_seconds() == 60.0
    assert long.total_seconds() == 3600.0
    assert delay(DEFAULT, 3, 0.5, 1.0) == delay(DEFAULT, 3, 0.5)


@pytest.mark.parametrize("header", [None, "", "-5", "1e9", "Wed, 21 Oct 2015 07:28:00 GMT", "٣", "5 "])
def test_a_retry_after_that_is_no_plain_number_is_ignored(header: str | None) -> None:
    assert seconds_of(header) is None


def test_an_endpoint_rests_longer_with_every_failure_up_to_a_ceiling() -> None:
    rests = [rest(DEFAULT, failures, 0.5).total_seconds() for failures in range(1, 40)]
    assert rests == sorted(rests)
    assert rests[0] == 5.0
    assert rests[-1] == DEFAULT.longest_rest_s


def test_a_policy_without_delays_tries_once() -> None:
    assert delay(Policy(delays_s=()), 1, 0.5) is None
