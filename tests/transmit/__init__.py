"""Tests of the sending stage."""
