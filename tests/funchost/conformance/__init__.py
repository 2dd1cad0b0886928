"""Everything SDK 1.x can say, by one app in both programming models, on a live host, over HTTP.

Both apps run the same bodies (``tests/apps/conformance_v1/shared``), so each scenario is two: one with the v2 model
and orchestrators kept alive between episodes, one with the v1 model and a full replay in every episode, as on the
real host. ``FUNCHOST_TEST_PYTHONS`` names other interpreters, with the SDK, to run them all again on.
"""
