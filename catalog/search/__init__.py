"""Search over the shelf: a query, its reading, the columns that answer it, and the statement that has the last word."""
