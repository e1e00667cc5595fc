"""What threatens the supply, and what of the promised would be missing."""
