"""Calling up what was promised for worse days: the steps, the clocks, and what they say of a supplier."""
