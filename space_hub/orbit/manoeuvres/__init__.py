"""Manoeuvres seen in an object's own element sets.

evidence   how much the sets after a gap disagree with those before, and how much such sets disagree anyway
detection  which disagreements are burns, when, and how strong
"""
