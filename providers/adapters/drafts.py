"""One offering as a supplier writes it -> OfferingDraft, checked and converted once. Pure.

The API body, a JSON manifest and a row of a spreadsheet all come through here.
Accepted shape (a mapping):

    reference, title, capability          text
    modality, description, licence        text, optional
    attributes   {"gsd": {"value": 50, "unit": "cm"}, "stereo": {"value": true}}
    capacity     {"peace": {"quantity": 1000, "unit": "km2/d", "notice": {"value": 6, "unit": "h"}}}
    prices       {"peace": {"amount": "12.50", "currency": "EUR", "per": "km2", "retainer_per_day": "100"}}
    assets       [{"kind": "satellite", "name": "EYE-1", "catalog_number": 25544, "nation": "FR"}]
    release_to   ["FR", "DE"], or left out for every organisation that holds a key
    standards    ["STANAG 4545"];  coverage "global" or a GeoJSON geometry
    valid_from, valid_to                  RFC 3339
    maturity     "concept", "prototype", "demonstrated" or "operational"
    taskable, archive                     true or false: can be ordered to do something new; hands over what exists
    dependencies [{"kind": "launcher", "name": "Ariane 6", "nation": "FR"}, {"kind": "cloud", "name": null}]

The name of a dependency is null when the supplier was asked and does not know.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from providers.adapters.base import AssetRef, Dependency, OfferingDraft, PhaseCapacity, PhasePrice
from providers.adapters.faults import Faults
from space_hub.errors import Invalid
from space_hub.vocabulary.attributes import Measured
from space_hub.vocabulary.attributes import read as read_attribute
from space_hub.vocabulary.capabilities import Capability, capability
from space_hub.vocabulary.codes import DEPENDENCY_KINDS, MATURITIES, AssetKind, MissionArea, Modality
from space_hub.vocabulary.geometry import GLOBAL, check_coverage
from space_hub.vocabulary.interval import Interval
from space_hub.vocabulary.money import money
from space_hub.vocabulary.nations import nation, nations
from space_hub.vocabulary.phases import Phase
from space_hub.vocabulary.units import convert, factor

_FIELDS = frozenset(
    {"reference", "title", "capability", "modality", "description", "licence"}
    | {"attributes", "capacity", "prices", "assets"}
    | {"release_to", "standards", "coverage", "valid_from", "valid_to"}
    | {"maturity", "taskable", "archive", "dependencies"}
)
_LONGEST = {"reference": 100, "title": 200, "description": 4000, "licence": 500}
_LARGEST_CATALOG_NUMBER = 999_999_999
_MOST_CAPACITY = 1e12
"""In the capability's unit: what the capacity ledger can count in thousandths."""
_FIRST_TIME = datetime.fromisoformat("1957-10-04T00:00:00+00:00")

Code = TypeVar("Code", bound=StrEnum)


def read_draft(given: Mapping[str, Any], faults: Faults | None = None) -> OfferingDraft:
    """The draft of one offering. All that is wrong with it is raised at once, as one Invalid (`faults.together`).

    `faults` holds what was found wrong before, in the cells that `given` was made of.
    """
    faults = Faults() if faults is None else faults
    for field in sorted(set(given) - _FIELDS):
        faults.note(field, Invalid("providers.field_unknown", field=field, accepted=", ".join(sorted(_FIELDS))))
    about = faults.take("capability", None, _capability, given)
    release = given.get("release_to")
    draft = OfferingDraft(
        reference=faults.take("reference", "", _text, given, "reference", needed=True),
        title=faults.take("title", "", _text, given, "title", needed=True),
        capability="" if about is None else about.code,
        modality=faults.take(
            "modality", Modality.SERVICE, _code, Modality, given.get("modality") or Modality.SERVICE.value, "modality"
        ),
        description=faults.take("description", "", _text, given, "description"),
        attributes=_attributes(given, about, faults),
        capacity=_capacity(given, about, faults),
        prices=_prices(given, about, faults),
        assets=faults.take("assets", (), _assets, given),
        release_to=None if release is None else faults.take("release_to", None, _release, given),
        standards=faults.take("standards", (), _standards, given),
        licence=faults.take("licence", "", _text, given, "licence"),
        coverage=faults.take("coverage", None, _coverage, given.get("coverage")),
        valid=_valid(given, faults),
        dependencies=faults.take("dependencies", (), _dependencies, given),
        maturity=faults.take("maturity", None, _maturity, given.get("maturity")),
        taskable=faults.take("taskable", True, _flag, given, "taskable", otherwise=True),
        archive=faults.take("archive", False, _flag, given, "archive", otherwise=False),
    )
    faults.refuse()
    return draft


def _capability(given: Mapping[str, Any]) -> Capability:
    return capability(_text(given, "capability", needed=True))


def _release(given: Mapping[str, Any]) -> frozenset[str]:
    return nations(_texts(given, "release_to"))


def _standards(given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(set(_texts(given, "standards"))))


def _coverage(given: Any) -> Any:
    if given is not None and given != GLOBAL and not isinstance(given, Mapping):
        raise Invalid("providers.coverage_wrong", given=str(given)[:80])
    if given is not None:
        check_coverage(given)
    return given


def _attributes(given: Mapping[str, Any], about: Capability | None, faults: Faults) -> tuple[Measured, ...]:
    """Without a capability that is known, each value is still read for what it is."""
    area = None if about is None else about.area
    found = []
    for name, value in sorted(faults.take("attributes", {}, _mapping, given, "attributes").items()):
        found.append(faults.take(f"attribute:{name}", None, _attribute, name, value, area))
    return tuple(each for each in found if each is not None)


def _attribute(name: str, value: Any, area: MissionArea | None) -> Measured:
    return read_attribute(name, _part(value, name, "value"), _optional(value, "unit"), area=area)


def _capacity(given: Mapping[str, Any], about: Capability | None, faults: Faults) -> tuple[PhaseCapacity, ...]:
    """Its unit is the capability's: where that is not known, nothing is said of the capacity."""
    if about is None:
        return ()
    found = []
    for name, value in faults.take("capacity", {}, _mapping, given, "capacity").items():
        notice = faults.take(f"notice:{name}", None, _notice, _optional(value, "notice"), name)
        found.append(faults.take(f"capacity:{name}", None, _phase_capacity, name, value, about, notice))
    by_phase = {each.phase: each for each in found if each is not None}
    return tuple(by_phase[phase] for phase in Phase if phase in by_phase)


def _phase_capacity(name: str, value: Any, about: Capability, notice: float | None) -> PhaseCapacity:
    phase = _code(Phase, name, "capacity")
    quantity, unit = _part(value, "capacity", "quantity"), _part(value, "capacity", "unit")
    if isinstance(quantity, bool) or not isinstance(quantity, int | float) or quantity < 0:
        raise Invalid("providers.quantity_wrong", field=f"capacity.{name}", given=str(quantity))
    size = convert(quantity, str(unit), about.capacity_unit, of=f"capacity.{name}")
    if size >= _MOST_CAPACITY:
        raise Invalid("providers.quantity_wrong", field=f"capacity.{name}", given=str(quantity))
    return PhaseCapacity(phase, size, float(quantity), str(unit), notice)


def _notice(given: Any, phase: str) -> float | None:
    if given is None:
        return None
    field = f"capacity.{phase}.notice"
    value, unit = _part(given, field, "value"), str(_part(given, field, "unit"))
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise Invalid("providers.quantity_wrong", field=field, given=str(value))
    return convert(value, unit, "h", of=field)


def _dependencies(given: Mapping[str, Any]) -> tuple[Dependency, ...]:
    found = []
    for one in _sequence(given, "dependencies"):
        if not isinstance(one, Mapping) or set(one) - {"kind", "name", "nation"} or "name" not in one:
            raise Invalid("manifest.dependency_wrong", given=str(one)[:200])
        kind, name, flag = one.get("kind"), one["name"], one.get("nation")
        if kind not in DEPENDENCY_KINDS:
            raise Invalid(
                "providers.code_unknown",
                field="dependencies.kind",
                given=str(kind)[:80],
                accepted=", ".join(DEPENDENCY_KINDS),
            )
        if name is not None and (not isinstance(name, str) or not name.strip() or len(name) > 100):
            raise Invalid("manifest.dependency_wrong", given=str(one)[:200])
        found.append(
            Dependency(str(kind), None if name is None else name.strip(), None if flag is None else nation(str(flag)))
        )
    if len(set(found)) < len(found):
        raise Invalid("manifest.dependency_repeated", names=", ".join(each.name or "?" for each in found)[:200])
    return tuple(sorted(found, key=lambda each: (each.kind, each.name or "")))


def _maturity(given: Any) -> str | None:
    if given is None or given == "":
        return None
    if given not in MATURITIES:
        raise Invalid("providers.code_unknown", field="maturity", given=str(given)[:80], accepted=", ".join(MATURITIES))
    return str(given)


def _flag(given: Mapping[str, Any], field: str, *, otherwise: bool) -> bool:
    value = given.get(field)
    if value is None:
        return otherwise
    if not isinstance(value, bool):
        raise Invalid("providers.shape_wrong", field=field, expected="true, false")
    return value


def _prices(given: Mapping[str, Any], about: Capability | None, faults: Faults) -> tuple[PhasePrice, ...]:
    """Their unit is the capability's: where that is not known, nothing is said of the prices."""
    if about is None:
        return ()
    found = []
    for name, value in faults.take("prices", {}, _mapping, given, "prices").items():
        found.append(faults.take(f"price:{name}", None, _phase_price, name, value, about))
    by_phase = {each.phase: each for each in found if each is not None}
    return tuple(by_phase[phase] for phase in Phase if phase in by_phase)


def _phase_price(name: str, value: Any, about: Capability) -> PhasePrice:
    phase = _code(Phase, name, "prices")
    field = f"prices.{name}"
    currency = str(_part(value, field, "currency"))
    given = money(_amount(_part(value, field, "amount"), field), currency)
    per = str(_part(value, field, "per"))
    canonical = _per_canonical(given.amount, per, about.price_unit, field)
    retainer = _optional(value, "retainer_per_day")
    return PhasePrice(
        phase,
        money(canonical, currency),
        None if retainer is None else money(_amount(retainer, f"{field}.retainer_per_day"), currency),
        f"{given.amount:f}",
        per,
    )


def _per_canonical(amount: Decimal, per: str, unit: str, field: str) -> Decimal:
    """A price for one `per` as a price for one `unit`."""
    exact = Fraction(amount) / factor(per, unit, of=field)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _amount(given: Any, field: str) -> str:
    if isinstance(given, str | int | Decimal) and not isinstance(given, bool):
        return str(given)
    raise Invalid("providers.amount_not_text", field=field, given=str(given))


def _assets(given: Mapping[str, Any]) -> tuple[AssetRef, ...]:
    found = []
    for one in _sequence(given, "assets"):
        if not isinstance(one, Mapping) or set(one) - {"kind", "name", "catalog_number", "nation"}:
            raise Invalid("providers.asset_wrong", given=str(one))
        number = one.get("catalog_number")
        if number is not None and (
            isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _LARGEST_CATALOG_NUMBER
        ):
            raise Invalid("providers.catalog_number_wrong", given=str(number))
        kind = _code(AssetKind, one.get("kind") or AssetKind.SATELLITE.value, "assets.kind")
        name = str(one.get("name") or ("" if number is None else f"NORAD {number}")).strip()
        if not name or len(name) > 100:
            raise Invalid("providers.asset_wrong", given=str(dict(one)))
        flag = one.get("nation")
        found.append(AssetRef(kind, name, number, None if flag is None else nation(str(flag))))
    if len({(asset.kind, asset.name) for asset in found}) < len(found):
        raise Invalid("providers.asset_repeated", names=", ".join(asset.name for asset in found))
    return tuple(sorted(found, key=lambda asset: (asset.kind.value, asset.name)))


def _valid(given: Mapping[str, Any], faults: Faults) -> Interval | None:
    start, stop = (faults.take(name, None, _time, given.get(name), name) for name in ("valid_from", "valid_to"))
    if start is None and stop is None:
        return None
    return faults.take("valid_to", None, Interval, start or _FIRST_TIME, stop)


def _time(given: Any, field: str) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given
    try:
        return datetime.fromisoformat(str(given))
    except ValueError:
        raise Invalid("providers.time_wrong", field=field, given=str(given)) from None


def _code(codes: type[Code], given: Any, field: str) -> Code:
    try:
        return codes(given)
    except ValueError:
        raise Invalid(
            "providers.code_unknown", field=field, given=str(given), accepted=", ".join(code.value for code in codes)
        ) from None


def _text(given: Mapping[str, Any], field: str, *, needed: bool = False) -> str:
    value = given.get(field)
    if value is None or value == "":
        if needed:
            raise Invalid("providers.field_missing", field=field)
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST.get(field, 200) or "\x00" in value:
        raise Invalid("providers.text_wrong", field=field, most=_LONGEST.get(field, 200))
    return value.strip()


def _texts(given: Mapping[str, Any], field: str) -> list[str]:
    values = _sequence(given, field)
    if not all(isinstance(value, str) and 0 < len(value) <= 100 for value in values):
        raise Invalid("providers.text_wrong", field=field, most=100)
    return list(values)


def _sequence(given: Mapping[str, Any], field: str) -> Sequence[Any]:
    value = given.get(field)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise Invalid("providers.shape_wrong", field=field, expected="[...]")
    return value


def _mapping(given: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = given.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Invalid("providers.shape_wrong", field=field, expected="{...}")
    return value


def _part(value: Any, field: str, part: str) -> Any:
    if not isinstance(value, Mapping) or value.get(part) is None:
        raise Invalid("providers.field_missing", field=f"{field}.{part}")
    return value[part]


def _optional(value: Any, part: str) -> Any:
    return value.get(part) if isinstance(value, Mapping) else None
