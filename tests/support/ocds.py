"""The shared schema of the Open Contracting Data Standard, held by a registry of its own, and verdicts on examples.

What is wrong is said by the failing rule and the field. The verdicts on the examples were noted beforehand: they
show that the validator refuses.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4


@cache
def schemas(shared: Path) -> tuple[dict[str, dict[str, Any]], Registry[Any]]:
    """The shared schemas by name, and a registry that holds them by their addresses: nothing is fetched."""
    folder = shared / "data" / "schemas" / "ocds"
    names = ("release", "release-package", "record", "record-package", "versioned-release-validation")
    found = {name: json.loads((folder / f"{name}-schema.json").read_text()) for name in names}
    resources = [
        (each.get("id") or each["$id"], Resource.from_contents(each, default_specification=DRAFT4))
        for each in found.values()
    ]
    return found, Registry().with_resources(resources)


def wrong(shared: Path, name: str, body: Any) -> set[str]:
    """What the schema `name` has against `body`: the failing rule and the field, without places in lists."""
    found, registry = schemas(shared)
    validator = Draft4Validator(found[name], registry=registry, format_checker=FormatChecker(["date-time"]))

    def leaves(error: Any) -> Iterator[str]:
        for each in error.context:
            yield from leaves(each)
        if not error.context:
            field = error.message.split("'")[1] if error.validator == "required" else error.absolute_path[-1]
            yield f"{error.validator} {field}"

    return {each for error in validator.iter_errors(body) for each in leaves(error)}


FRAGMENTS = {
    "frameworks/extensions_block.json",
    "organizations/organizational_units/ocds_divisionCode_extension/extension.json",
    "organizations/organizational_units/ocds_divisionCode_extension/release-schema.json",
}
"""Examples that are no package."""

VALID_AS_IT_STANDS = {"record_reference/linked_releases.json"}

STILL_WRONG = {
    "amendments/easy_releases.json": {"type amount", "type value", "required awardID"},
    "amendments/tender.json": {"type value", "enum value"},
    "buyers_suppliers/consortia.json": {"required tag", "type 0"},
    "release_schema_reference/release_package.json": {"type exclusionGrounds", "type selectionCriteria"},
}
"""What is wrong with an example even with `initiationType`, which none of them has and the shared text requires.

Amounts as text and a contract without award; a category that is a list; parties in a list of lists, and no tag; texts
where 1.2 wants objects. A release in a record that fails is also told to lack the `url` of a link to one.
"""


VERSIONED = {"releaseID": "1", "releaseDate": "2027-03-01T09:30:00Z", "releaseTag": ["tender"], "value": "tender"}


COUNTED = {"fragment": 3, "valid": 1, "mended": 60, "still wrong": 4}


def examples(shared: Path) -> tuple[dict[str, int], list[str]]:
    """How many of the shared examples came to what, and those whose verdict is another than was noted."""
    folder = shared / "data" / "catalogue" / "ocds"
    counted, surprises = dict.fromkeys(COUNTED, 0), []
    for path in sorted(folder.rglob("*.json")):
        name, body = path.relative_to(folder).as_posix(), json.loads(path.read_text())
        if "releases" not in body and "records" not in body:
            surprises += [] if name in FRAGMENTS else [name]
            counted["fragment"] += 1
            continue
        schema = "release-package" if "releases" in body else "record-package"
        verdict = wrong(shared, schema, body)
        if name in VALID_AS_IT_STANDS:
            surprises += [name] if verdict else []
            counted["valid"] += 1
            continue
        if "required initiationType" not in verdict:
            surprises.append(name)
        after = wrong(shared, schema, _with_initiation_type(body)) - {"required url"}
        if after != STILL_WRONG.get(name, set()):
            surprises.append(name)
        counted["still wrong" if after else "mended"] += 1
    return counted, surprises


def _with_initiation_type(body: Any) -> Any:
    for record in body.get("records", [body]):
        for release in [*record.get("releases", []), record.get("compiledRelease", {})]:
            release["initiationType"] = "tender"
        if "versionedRelease" in record:
            record["versionedRelease"]["initiationType"] = [VERSIONED]
    return body
