"""How far an element set is off, and how that grows with its age; see the README of the room above.

growth      variances by axis of RTN as polynomials of age; sigmas and a 6x6 from them
table       figures by regime, with their source, for objects without a history
differences older sets against newer ones of the same object, in RTN
history     an object's own growth, by robust regression of those differences
synthetic   updates of a catalogue with errors of a known size and a known truth
"""
