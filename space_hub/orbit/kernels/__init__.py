"""SGP4 and SDP4 as compiled kernels: scalar and strict, or over many objects at one instant.

Vallado et al. 2006 ("Revisiting Spacetrack Report 3"); WGS 72, improved mode; TEME, km and
km/s. `space_hub.orbit.propagation`, the sgp4 package, is what they are held against.
"""

from space_hub.orbit.kernels.columns import Columns, deep_columns, deep_state, near_columns, split
from space_hub.orbit.kernels.deep import deep_positions, deep_states
from space_hub.orbit.kernels.near import near_march, near_positions, near_states
from space_hub.orbit.kernels.rows import Records, records
from space_hub.orbit.kernels.scalar import position_at, positions_over, state_at

__all__ = [
    "Columns",
    "Records",
    "deep_columns",
    "deep_positions",
    "deep_state",
    "deep_states",
    "near_columns",
    "near_march",
    "near_positions",
    "near_states",
    "position_at",
    "positions_over",
    "records",
    "split",
    "state_at",
]
