"""Tests of the engine core."""
