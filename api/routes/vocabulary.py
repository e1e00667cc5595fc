"""The words of the market: mission areas, capabilities, attributes with their units, code lists, regions."""

from pydantic import Field

from api.deps import Asked
from api.models import Out
from api.policy import Router, any_key
from catalog.code_labels import label, lists
from space_hub.text import say
from space_hub.vocabulary.attributes import ATTRIBUTES, NATION_LIST, Attribute
from space_hub.vocabulary.capabilities import CAPABILITIES
from space_hub.vocabulary.codes import MissionArea
from space_hub.vocabulary.regions import REGIONS
from space_hub.vocabulary.units import accepted

router = Router(prefix="/v1/vocabulary", tags=["vocabulary"])


class CodeOut(Out):
    code: str
    label: str


class CapabilityOut(CodeOut):
    mission_area: MissionArea
    capacity_unit: str
    price_unit: str
    accepted_capacity_units: list[str]
    accepted_price_units: list[str]


class AttributeOut(CodeOut):
    form: str
    mission_areas: list[MissionArea]
    unit: str | None
    accepted_units: list[str]
    better: str | None
    codes: list[str]
    list_name: str | None = Field(
        description="The list of `lists` that its codes and their labels are of; `nation`: ISO 3166."
    )


class RegionOut(CodeOut):
    box: tuple[float, float, float, float] = Field(description="West, south, east, north in degrees.")


class VocabularyOut(Out):
    capabilities: list[CapabilityOut]
    attributes: list[AttributeOut]
    regions: list[RegionOut]
    lists: dict[str, list[CodeOut]] = Field(
        description="Every other list of codes that an answer may carry, by name: states, steps, kinds, areas, phases."
    )


@router.get("", policy=any_key())
def get_vocabulary(asked: Asked) -> VocabularyOut:
    """Everything that can be offered, asked and compared, and the label of every code in the language asked for.

    `unit` is the canonical one; the others are converted.
    """
    language = asked.language
    return VocabularyOut(
        capabilities=[
            CapabilityOut(
                code=each.code,
                label=say(f"vocabulary.capability.{each.code}", language),
                mission_area=each.area,
                capacity_unit=each.capacity_unit,
                price_unit=each.price_unit,
                accepted_capacity_units=list(accepted(each.capacity_unit)),
                accepted_price_units=list(accepted(each.price_unit)),
            )
            for each in CAPABILITIES.values()
        ],
        attributes=[_attribute(each, language) for each in ATTRIBUTES.values()],
        regions=[
            RegionOut(code=name, label=say(f"vocabulary.region.{name}", language), box=box)
            for name, box in REGIONS.items()
        ],
        lists={
            name: [CodeOut(code=each, label=label(name, each, language)) for each in values]
            for name, values in lists().items()
        },
    )


def _attribute(about: Attribute, language: str) -> AttributeOut:
    return AttributeOut(
        code=about.code,
        label=say(f"vocabulary.attribute.{about.code}", language),
        form=about.form.value,
        mission_areas=[area for area in MissionArea if about.fits(area)],
        unit=about.unit,
        accepted_units=[] if about.unit is None else list(accepted(about.unit)),
        better=None if about.better is None else about.better.value,
        codes=[] if about.list_name == NATION_LIST else [*about.codes],
        list_name=about.list_name or None,
    )
