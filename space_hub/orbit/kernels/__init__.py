"""SGP4 and SDP4 as compiled kernels: scalar and strict, or over many objects at one instant.

Vallado et al. 2006 ("Revisiting Spacetrack Report 3"); WGS 72, improved mode; TEME, km and
km/s. `space_hub.orbit.propagation`, the sgp4 package, is what they are held against.
"""

from space_hub.orbit.kernels.rows import Records, records
from space_hub.orbit.kernels.scalar import position_at, positions_over, state_at

__all__ = ["Records", "position_at", "positions_over", "records", "state_at"]
