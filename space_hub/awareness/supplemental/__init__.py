"""Element sets that were fitted to operators' own ephemerides: kept beside the catalogue's, preferred where they fit.

`keeping` takes them in, `best` (pure) says which set of an object is used at a time, and why.
"""
