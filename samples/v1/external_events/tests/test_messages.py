"""What comes in from outside is checked."""

import pytest

from messages import approval_request, decision, event_value, gathering_request


def test_an_approver_has_three_days_unless_told_otherwise() -> None:
    request = approval_request({"subject": "A new chair", "approver": "Kim"})

    assert request == {"subject": "A new chair", "approver": "Kim", "hours": 72.0}


@pytest.mark.parametrize("hours", [0, -1, 145, "many", None, True])
def test_hours_out_of_range_are_refused(hours: object) -> None:
    with pytest.raises(ValueError, match="hours must be a number above 0 and up to 144"):
        approval_request({"subject": "A new chair", "approver": "Kim", "hours": hours})


@pytest.mark.parametrize("field", ["subject", "approver"])
def test_a_request_needs_a_subject_and_an_approver(field: str) -> None:
    body = {"subject": "A new chair", "approver": "Kim", field: " "}
    with pytest.raises(ValueError, match=f"{field} is missing"):
        approval_request(body)


@pytest.mark.parametrize("payload", [{"approved": True, "by": "Kim"}, '{"approved": true, "by": "Kim"}'])
def test_a_decision_is_the_same_from_the_webhook_and_from_the_sdk(payload: object) -> None:
    assert decision(payload) == {"approved": True, "by": "Kim", "comment": ""}


@pytest.mark.parametrize("payload", [None, "yes", {}, {"approved": "yes"}])
def test_an_event_that_decides_nothing_is_refused(payload: object) -> None:
    with pytest.raises(ValueError, match="Approval"):
        decision(payload)


def test_a_text_posted_as_an_event_stays_a_text() -> None:
    assert event_value("ready") == "ready"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "not a JSON object"),
        ({"events": []}, "one or more event names"),
        ({"events": ["A", 1]}, "one or more event names"),
        ({"events": ["A", "A"]}, "twice"),
        ({"events": ["A"], "mode": "most"}, "mode must be"),
    ],
)
def test_a_gathering_needs_different_names_and_a_mode(body: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        gathering_request(body)
