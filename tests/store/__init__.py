"""Tests of the storing stage."""
