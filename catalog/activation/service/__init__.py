"""Activations kept and served: asked for, stepped, watched by the clock, told to whom they concern."""
