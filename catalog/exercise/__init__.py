"""Drills of assured access, played by the rules that hold in earnest."""
