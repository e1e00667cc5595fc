"""One spelling of a value, so that two who hash it get the same hash. Pure."""

import json
from typing import Any


def canonical(content: Any) -> bytes:
    """JSON with sorted keys, no spaces, in UTF-8. Amounts are given as text, for numbers have several spellings."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
