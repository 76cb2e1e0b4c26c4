"""A stand-in for the RPi.GPIO API, put on the path by the tests that need it."""
