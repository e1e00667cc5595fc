"""Every setting of an installation, each default with its reason.

Read from the environment with the prefix `SPACE_HUB_`; unknown names under that
prefix are reported by `unknown_variables` so that a misspelt one is not lost.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# Read by the tests and by ./hub, not by the product.
OUTSIDE = {"SHARED", "REQUIRE_SHARED", "TEST_DATABASE_URL", "LANG"}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SPACE_HUB_", frozen=True)

    data: Path = Path("var")
    """Folder of all that must survive a restart; `var` in the working folder, so that a trial touches nothing else."""

    database_url: str = ""
    """Empty means SQLite in `data`; or `postgresql+psycopg://...`."""

    host: str = "127.0.0.1"
    """Loopback, so that a first start is not open to the network."""

    port: int = Field(default=8000, ge=1, le=65535)

    public_url: str = ""
    """The address that links in messages carry; empty means http://host:port. Never taken from a request."""

    api_workers: int = Field(default=1, ge=1, le=32)
    """One process serves a first installation; add more under load."""

    egress_allow: Annotated[list[str], NoDecode] = []
    """Receivers on addresses that are not public are refused unless their host:port stands here."""

    classification_ceiling: Literal["unclassified", "restricted", "confidential", "secret"] = "unclassified"
    """Unclassified by design: input that is marked higher is refused."""

    threshold_m: float = Field(default=5000.0, gt=0)
    """Screening radius in metres; 5 km is what the public service SOCRATES uses, so that results compare."""

    screen_hours: float = Field(default=24.0, gt=0)
    """Window of a routine run: a day is recomputed at every catalogue update."""

    screen_threads: int = Field(default=0, ge=0, le=256)
    """Threads of a screening; 0 means one for each core, fewer leave cores to the API on a machine of its size."""

    bad_share: float = Field(default=0.05, ge=0, le=1)
    """A file with a larger share of bad sets than this is refused whole: the file itself is then in doubt."""

    departure_km: float = Field(default=25.0, gt=0)
    """A set that lands farther than this from its predecessor, at its own epoch, is kept and flagged."""

    cutoff_body_bytes: int = 64 * 1024 * 1024
    """Largest request body; the whole public catalogue as OMM JSON is about 15 MB."""

    mail_url: str = ""
    """Empty: letters become files in the folder `mail` of `data`, so that a trial sends none; or `smtp(s)://...`."""

    mail_from: str = "space-hub@localhost"
    """Sender of letters; the default is nobody's address and must be changed before letters leave the machine."""

    sync_minutes: int = Field(default=15, ge=1, le=1440)
    """How often a supplier is asked what it offers: one that withdrew something is believed within a quarter hour."""

    answer_days: int = Field(default=2, ge=1, le=20)
    """Working days to the first answer, for an office that sets no clock of its own."""

    standstill_days: int = Field(default=10, ge=0, le=60)
    """Between an award and what follows from it, where a competition says nothing: as European rules have it."""

    k_anonymity: int = Field(default=5, ge=3)
    """Fewest nations behind a published figure; with fewer than three, each contributor could subtract its own."""

    ocds_prefix: str = Field(default="ocds-spacehub", pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    """Begins the name of every contracting process; this one is not registered with Open Contracting: ask for one."""

    search_warm: bool = True
    """Load the index of the shelf before the API says that it is ready, so that the first search is not slow."""

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.data.resolve() / 'hub.sqlite'}"

    @property
    def base_url(self) -> str:
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def unknown_variables(environment: dict[str, str]) -> list[str]:
    """Names under SPACE_HUB_ that nothing reads: most likely misspelt."""
    known = {name.upper() for name in Settings.model_fields} | OUTSIDE
    return sorted(
        name for name in environment if name.startswith("SPACE_HUB_") and name.removeprefix("SPACE_HUB_") not in known
    )


@lru_cache(maxsize=1)
def load() -> Settings:
    return Settings()
