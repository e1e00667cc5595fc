"""the front door and the catalogue

Nothing of the product is imported: a revision says what was true when it was
written. The lists of nations and mission areas below are therefore copies.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_ALLIES = (
    *("AL", "BE", "BG", "CA", "CZ", "DE", "DK", "EE", "ES", "FI", "FR"),
    *("GB", "GR", "HR", "HU", "IS", "IT", "LT", "LU", "LV", "ME", "MK"),
    *("NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "TR", "US"),
)
_PARTNERS = ("AU", "JP", "KR", "NZ", "UA")
_AREAS = (
    *("imagery", "radar", "rf_sensing", "satcom", "pnt", "sda", "launch"),
    *("servicing", "weather", "ground_station", "cloud"),
)
_TIERS = ("listed", "partner", "verified", "assured")
_LEVELS = ("private", "aggregated", "anonymous", "named")


def upgrade() -> None:
    _counter()
    _providers()
    _evidence()
    _judging()
    _consents()
    _desk()
    _doors()
    _offerings()
    _shelf()
    _registers()
    _demand()
    _opportunities()


def _counter() -> None:
    counter = op.create_table("shelf_state", _number("id", key=True), _big("generation"))
    op.bulk_insert(counter, [{"id": 1, "generation": 0}])


def _providers() -> None:
    with op.batch_alter_table("provider") as table:
        table.drop_constraint(op.f("ck_provider_known_status"), type_="check")
    _widen(
        "provider",
        [
            (_text("kind", 10), "commercial"),
            (_text("standing", 10), "other"),
            (_text("owner_name", 200), ""),
            (_flag("newcomer"), True),
            (_json("dependencies"), []),
            (_big("shelf_generation"), 0),
        ],
        [_text("tier", 10, null=True), _time("email_verified_at", null=True)],
        [
            ("status", ("draft", "submitted", "returned", "verified", "refused", "appealed", "suspended", "lapsed")),
            ("kind", ("commercial", "national")),
            ("standing", ("ally", "partner", "other")),
            ("tier", _TIERS),
        ],
    )
    op.create_index(op.f("ix_provider_shelf_generation"), "provider", ["shelf_generation"])
    provider = sa.table("provider", *(sa.column(name) for name in ("nation", "standing", "status", "tier")))
    for standing, nations in (("ally", _ALLIES), ("partner", _PARTNERS)):
        op.execute(sa.update(provider).where(provider.c.nation.in_(nations)).values(standing=standing))
    # A suspended one was verified before, and may be reinstated.
    op.execute(sa.update(provider).where(provider.c.status.in_(("verified", "suspended"))).values(tier="listed"))
    _widen("provider_status_entry", [(_text("due_to", 20), "person")])


def _evidence() -> None:
    _widen(
        "evidence",
        [(_text("level", 40), ""), (_json("recognised_by"), []), (_text("state", 10), "shown")],
        [_json("mission_areas", null=True), _time("checked_at", null=True), _time("next_check_at", null=True)],
        [("state", ("shown", "accepted", "doubted", "withdrawn"))],
    )
    op.create_index(op.f("ix_evidence_next_check_at"), "evidence", ["next_check_at"])
    op.create_table(
        "email_check",
        _text("id", key=True),
        _text("provider_id", to="provider.id", index=True),
        _text("address", 320),
        _text("code_sha256", 64, unique=True),
        *(_time("sent_at"), _time("expires_at"), _time("used_at", null=True)),
        _number("tries"),
    )


def _judging() -> None:
    op.create_table(
        "application",
        _text("id", key=True),
        _text("provider_id", to="provider.id", index=True),
        _text("tier", 10),
        _json("mission_areas"),
        _number("rules_version"),
        _text("state", 15, index=True),
        _json("missing"),
        *(_time("created_at"), _time("decided_at", null=True)),
        _text("decided_by", null=True, to="organisation.id"),
        _one_of("tier", _TIERS),
        _one_of(
            "state",
            (
                *("submitted", "in_review", "half_approved", "returned", "appealed"),
                *("approved", "rejected", "withdrawn", "expired", "suspended"),
            ),
        ),
    )
    waiting = sa.text("state IN ('submitted', 'in_review', 'half_approved', 'returned', 'appealed')")
    op.create_index(
        "ix_application_open",
        "application",
        ["provider_id"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "application_entry",
        _text("application_id", key=True, to="application.id"),
        _number("number", key=True),
        *(_text("event", 20), _text("state", 15), _json("reasons")),
        _text("by_organisation_id", to="organisation.id"),
        _text("by_key_id", 60),
        _time("at"),
    )
    clearance = op.create_table(
        "clearance",
        _text("provider_id", key=True, to="provider.id"),
        _text("mission_area", 20, key=True),
        *(_text("tier", 10), _text("state", 10), _time("valid_to", null=True)),
        _text("application_id", null=True, to="application.id"),
        _big("shelf_generation", index=True),
        _one_of("tier", _TIERS),
        _one_of("state", ("active", "suspended", "expired")),
    )
    op.create_index("ix_clearance_area_state", "clearance", ["mission_area", "state"])
    op.create_table(
        "vetting_rules",
        _number("version", key=True),
        *(_json("rules"), _text("sha256", 64)),
        _text("by_organisation_id", to="organisation.id"),
        _time("at"),
    )
    # Who was on the shelf stays on it, in every mission area; the suspended come back with their status.
    provider = sa.table("provider", sa.column("id"), sa.column("status"))
    stood = op.get_bind().execute(sa.select(provider.c.id).where(provider.c.status.in_(("verified", "suspended"))))
    kept = {"tier": "listed", "state": "active", "shelf_generation": 0}
    rows = [{"provider_id": name, "mission_area": area, **kept} for (name,) in stood.all() for area in _AREAS]
    op.bulk_insert(clearance, rows)


def _consents() -> None:
    def subject() -> list[sa.Column[Any]]:
        owner = _text("owner_id", key=True, to="organisation.id")
        return [owner, _text("subject", 80, key=True), _text("datum", 40, key=True)]

    def said() -> list[sa.Column[Any]]:
        return [_text("audience", 12), _json("nations", null=True), _json("purposes")]

    op.create_table(
        "consent",
        *subject(),
        *said(),
        _text("marking_id", to="marking.id", index=True),
        _time("given_at"),
        _one_of("audience", ("public", "planners", "nations", "staff", "nobody")),
    )
    op.create_table("consent_entry", *subject(), _number("number", key=True), *said(), _time("at"))


def _desk() -> None:
    op.create_table(
        "office",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id", index=True),
        *(_text("kind", 10), _text("name_en", 200), _text("name_fr", 200), _text("remit_en"), _text("remit_fr")),
        *(_json("mission_areas"), _json("nations", null=True), _json("matters")),
        *(_text("officer_name", 200), _text("officer_email", 320)),
        *(_text("deputy_name", 200), _text("deputy_email", 320), _text("head_email", 320)),
        *(_number("answer_days"), _number("rank"), _flag("active"), _time("created_at")),
        _one_of("kind", ("office", "programme")),
        sa.CheckConstraint("answer_days BETWEEN 1 AND 20", name="answer_days"),
    )
    op.create_table(
        "submission",
        *(_text("id", key=True), _text("kind", 12), _text("subject", 80, index=True)),
        _text("provider_id", null=True, to="provider.id", index=True),
        _text("organisation_id", to="organisation.id", index=True),
        _text("office_id", to="office.id"),
        *(_text("state", 20), _text("title", 200)),
        *(_time("opened_at"), _time("due_at", index=True), _number("clock_left_s", null=True), _number("level")),
        *(_time("answered_at", null=True), _text("outcome", 20, null=True), _text("answer")),
        *(_flag("newcomer", null=True), _text("size_class", 10, null=True)),
        *(_text("nation", 2), _text("standing", 10, null=True)),
        _one_of(
            "kind", (*("application", "appeal", "debrief", "offering", "question"), *("claim", "comment", "register"))
        ),
        _one_of("state", ("open", "waiting_for_asker", "answered", "referred", "withdrawn")),
    )
    op.create_index("ix_submission_queue", "submission", ["office_id", "state", "due_at"])
    op.create_table(
        "submission_entry",
        _text("submission_id", key=True, to="submission.id"),
        _number("number", key=True),
        *(_text("event", 20), _text("state", 20), _text("text")),
        _text("by_organisation_id", null=True, to="organisation.id"),
        _time("at"),
    )
    op.create_table(
        "fairness_release",
        *(_text("period", 7, key=True), _text("dimension", 12, key=True), _text("value", 20, key=True)),
        *(_number("decided"), _real("median_h")),
        *(_number("approved"), _number("returned"), _number("rejected"), _number("overturned")),
        _time("at"),
        sa.CheckConstraint("decided >= 5", name="enough"),
    )
    op.create_table(
        "external_register",
        *(_text("id", key=True), _text("name_en", 200), _text("name_fr", 200), _text("kind", 10)),
        *(_text("url", 2000), _text("nation_or_body", 20), _text("note_en"), _text("note_fr"), _flag("active")),
        _one_of("kind", ("front_door", "register")),
    )
    op.create_table(
        "external_record",
        _text("id", key=True),
        _text("register_id", to="external_register.id"),
        _text("provider_id", to="provider.id", index=True),
        *(_text("their_reference", 100), _text("url", 2000), _time("seen_at")),
        sa.UniqueConstraint("register_id", "provider_id"),
    )
    op.create_table(
        "mail",
        *(_text("id", key=True), _text("to_address", 320), _text("language", 2), _text("template", 60)),
        *(_json("params", null=True), _text("subject_ref", 80, index=True), _text("state", 10), _number("attempts")),
        *(_time("due_at_wall", index=True), _time("sent_at_wall", null=True), _text("error", 200, null=True)),
        _time("created_at"),
        _one_of("state", ("waiting", "sent", "dead")),
    )


def _doors() -> None:
    _widen(
        "supplier_door",
        [(_json("settings"), {}), (_text("state", 10), "open"), (_number("failures"), 0)],
        [
            *(_text("url", 2000, null=True), _text("credential", null=True)),
            *(_time(name, null=True) for name in ("last_started_at", "last_done_at", "next_at")),
            *(_text("etag", 200, null=True), _text("listing_sha256", 64, null=True)),
        ],
        [("state", ("open", "failing", "held", "closed"))],
    )
    op.create_index(op.f("ix_supplier_door_next_at"), "supplier_door", ["next_at"])
    op.create_table(
        "sync_report",
        _text("id", key=True),
        _text("provider_id", to="provider.id", index=True),
        *(_time("started_at"), _time("finished_at"), _text("outcome", 10)),
        *(_number(name) for name in ("listed", "new", "changed", "withdrawn", "refused")),
        *(_text("error_code", 80, null=True), _json("refusals")),
        _one_of("outcome", ("changed", "same", "held", "failed")),
    )


def _offerings() -> None:
    _widen("offering", [(_text("withdrawn_reason", 40), "")])
    offering = sa.table("offering", sa.column("status"), sa.column("withdrawn_reason"))
    # Until now only its owner could withdraw an offering.
    op.execute(sa.update(offering).where(offering.c.status == "withdrawn").values(withdrawn_reason="owner"))
    _widen(
        "offering_version",
        [(_flag("taskable"), True), (_flag("archive"), False), (_flag("national"), False), (_json("withheld"), [])],
        [_text("maturity", 14, null=True), _json("upstream", null=True)],
        [("maturity", ("concept", "prototype", "demonstrated", "operational"))],
    )
    version = sa.table("offering_version", sa.column("id"), sa.column("capacity", _JSON))
    for name, capacity in op.get_bind().execute(sa.select(version.c.id, version.c.capacity)).all():
        widened = [{**each, "notice_h": None} for each in capacity]
        op.execute(sa.update(version).where(version.c.id == name).values(capacity=widened))
    op.create_table(
        "offering_dependency",
        _text("version_id", key=True, to="offering_version.id"),
        *(_text("kind", 16, key=True), _text("name_key", 100, key=True)),
        *(_text("name", 100), _text("nation", 2, null=True), _flag("known")),
        _one_of(
            "kind",
            (
                *("owner", "jurisdiction", "contract_holder", "launcher"),
                *("ground_network", "cloud", "bus", "spectrum"),
            ),
        ),
    )
    op.create_index("ix_offering_dependency_shared", "offering_dependency", ["kind", "name_key"])
    op.create_table(
        "offering_draft",
        _text("id", key=True),
        _text("provider_id", to="provider.id", index=True),
        *(_text("reference", 100), _json("body"), _json("faults"), _time("updated_at")),
        sa.UniqueConstraint("provider_id", "reference"),
    )
    op.create_table(
        "finding",
        _text("id", key=True),
        _text("version_id", to="offering_version.id", index=True),
        *(_text("attribute", 40), _text("provenance", 10)),
        *(_real("low", null=True), _real("high", null=True), _text("code", 40, null=True)),
        _text("evidence_id", null=True, to="evidence.id"),
        _text("method", 40),
        _text("by_organisation_id", to="organisation.id"),
        *(_time("at"), _text("reply"), _time("reply_at", null=True), _time("shown_at", null=True)),
        _one_of("provenance", ("tested", "observed")),
    )
    _widen("asset", [], [_json("site", null=True), _text("orbit", 6, null=True)])


def _shelf() -> None:
    op.create_table(
        "shelf_entry",
        _text("offering_id", key=True, to="offering.id"),
        _big("generation", index=True),
        _text("version_id", to="offering_version.id"),
        _text("provider_id", to="provider.id", index=True),
        _flag("listed"),
        _text("marking_id", to="marking.id", index=True),
        *(_text("mission_area", 20), _text("capability", 40), _text("modality", 10)),
        *(_text("nation", 2), _text("owner_nation", 2, null=True), _text("standing", 10), _flag("national")),
        *(_text("maturity", 14, null=True), _flag("taskable"), _flag("archive"), _number("phases")),
        *(_time("valid_from", null=True), _time("valid_to", null=True)),
        *(_json("standards"), _json("dependency_keys"), _json("coverage", null=True)),
        *(_text("terms"), _json("measured"), _big("tie")),
    )
    op.create_table(
        "saved_search",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id", index=True),
        *(_text("name", 200), _json("query"), _text("sha256", 64), _flag("notify"), _flag("active")),
        *(_big("last_generation"), _time("created_at")),
    )
    op.create_table(
        "saved_hit",
        _text("saved_search_id", key=True, to="saved_search.id"),
        _text("offering_id", key=True, to="offering.id"),
        _text("version_id", to="offering_version.id"),
        _time("first_at"),
    )


def _registers() -> None:
    op.create_table(
        "register_source",
        *(_text("id", key=True), _text("name", 100), _text("edition", 40), _text("licence_note", 500)),
        *(_text("sha256", 64), _number("line_count"), _time("imported_at")),
        sa.UniqueConstraint("name", "sha256"),
    )
    op.create_table(
        "register_listing",
        _text("id", key=True),
        _text("source_id", to="register_source.id"),
        _number("line"),
        *(_text("operator_name", 200), _text("operator_key", 200, index=True), _text("operator_nation", 2, null=True)),
        *(_text("asset_kind", 20), _text("asset_name", 100)),
        *(_big("catalog_number", null=True, index=True), _text("cospar", 12, null=True)),
        *(_text("purpose", 40), _text("capability_guess", 40, null=True), _text("orbit", 6, null=True)),
        *(_json("site", null=True), _day("launched", null=True), _text("state", 10)),
        _text("asset_id", null=True, to="asset.id", index=True),
        sa.UniqueConstraint("source_id", "line"),
        _one_of("state", ("unclaimed", "claimed", "disputed")),
    )
    op.create_table(
        "register_refusal",
        _text("source_id", key=True, to="register_source.id"),
        _number("line", key=True),
        *(_text("code", 80), _json("params"), _text("raw", 500)),
    )


def _demand() -> None:
    op.create_table(
        "requirement_template",
        *(_text("id", key=True), _text("mission_area", 20), _text("capability", 40), _number("version")),
        *(_text("name_en", 200), _text("name_fr", 200), _json("clauses"), _flag("active")),
        sa.UniqueConstraint("capability", "name_en", "version"),
    )
    op.create_table(
        "need_standing",
        _text("requirement_id", key=True, to="requirement.id"),
        *(_text("state", 10, index=True), _text("level", 10), _day("horizon_from", null=True)),
        *(_day("horizon_to", null=True), _number("suppliers_meeting", null=True), _flag("sole_supplier", null=True)),
        *(_json("sole_clauses", null=True), _big("looked_generation"), _time("updated_at")),
        _one_of("state", ("open", "paused", "met", "closed")),
        _one_of("level", _LEVELS),
    )
    op.create_table(
        "need_entry",
        _text("requirement_id", key=True, to="requirement.id"),
        *(_number("number", key=True), _text("event", 20), _json("detail")),
        _text("by_organisation_id", to="organisation.id"),
        _time("at"),
    )
    op.create_table(
        "demand_signal",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id", index=True),
        *(_text("kind", 10), _text("mission_area", 20), _text("capability", 40, null=True)),
        *(_text("title_en", 200), _text("title_fr", 200), _text("text_en"), _text("text_fr"), _text("phase", 10)),
        *(_real("quantity_low", null=True), _real("quantity_high", null=True), _text("unit", 30)),
        *(_day("horizon_from"), _day("horizon_to"), _text("confidence", 10), _text("level", 10), _text("state", 10)),
        _text("marking_id", to="marking.id", index=True),
        _time("created_at"),
        _one_of("kind", ("signal", "problem")),
        _one_of("confidence", ("low", "medium", "high")),
        _one_of("level", _LEVELS),
        _one_of("state", ("open", "closed")),
    )
    op.create_table("demand_release", _number("number", key=True), _time("at"), _text("cells_sha256", 64))
    op.create_table(
        "demand_cell",
        _number("release_number", key=True, to="demand_release.number"),
        *(_text("capability", 40, key=True), _text("phase", 10, key=True), _text("horizon", 4, key=True)),
        *(_text("nations_band", 8), _real("quantity_band_low"), _real("quantity_band_high"), _text("unit", 30)),
        _number("as_of_release"),
    )
    op.create_table(
        "demand_basis",
        _number("release_number", key=True, to="demand_release.number"),
        *(_text("capability", 40, key=True), _text("phase", 10, key=True), _text("horizon", 4, key=True)),
        *(_text("nation", 2, key=True), _real("quantity")),
    )
    op.create_table(
        "published_need",
        *(_text("id", key=True), _text("source_kind", 12), _text("source_id", index=True), _text("level", 10)),
        *(_text("mission_area", 20), _text("capability", 40, null=True, index=True)),
        *(_json("clauses"), _json("phases"), _text("region", 60, null=True)),
        *(_text("quarter_from", 7), _text("quarter_to", 7), _text("text_en"), _text("text_fr")),
        *(_text("owner_nation", 2, null=True), _text("state", 10)),
        *(_time("published_at"), _time("closed_at", null=True), _big("generation", index=True)),
        _one_of("source_kind", ("requirement", "signal", "problem")),
        _one_of("level", ("anonymous", "named")),
        _one_of("state", ("open", "closed")),
    )
    op.create_table(
        "need_candidate",
        _text("requirement_id", key=True, to="requirement.id"),
        _text("offering_id", key=True, to="offering.id", index=True),
        _text("version_id", to="offering_version.id"),
        *(_text("outcome", 10), _json("gates"), _time("first_met_at", null=True), _time("at")),
        _text("marking_id", to="marking.id", index=True),
    )
    op.create_table(
        "gap_notice",
        _text("offering_id", key=True, to="offering.id"),
        _text("published_need_id", key=True, to="published_need.id", index=True),
        *(_text("outcome", 10), _number("misses"), _time("told_at")),
    )
    op.create_table(
        "adoption_step",
        _text("id", key=True),
        _text("requirement_id", to="requirement.id", index=True),
        *(_text("step", 20), _time("at")),
        _text("by_organisation_id", to="organisation.id"),
        _json("detail"),
        _one_of(
            "step",
            (
                *("need_stated", "study_started", "candidates_found", "study_done", "trial_started", "trial_done"),
                *("paused", "resumed", "adopted", "abandoned"),
            ),
        ),
    )
    once = sa.text("step NOT IN ('paused', 'resumed')")
    op.create_index(
        "ix_adoption_step_once",
        "adoption_step",
        ["requirement_id", "step"],
        unique=True,
        sqlite_where=once,
        postgresql_where=once,
    )


def _opportunities() -> None:
    op.create_table(
        "opportunity",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id", index=True),
        _text("office_id", null=True, to="office.id"),
        *(_text("kind", 12), _text("title_en", 200), _text("title_fr", 200), _text("text_en"), _text("text_fr")),
        _json("mission_areas"),
        _text("published_need_id", null=True, to="published_need.id"),
        *(_json("draft_need", null=True), _time("opens_at"), _time("closes_at"), _text("state", 10)),
        _text("marking_id", to="marking.id", index=True),
        _one_of("kind", ("opportunity", "consultation")),
        _one_of("state", ("draft", "open", "closed")),
    )
    op.create_table(
        "opportunity_question",
        _text("id", key=True),
        _text("opportunity_id", to="opportunity.id", index=True),
        _text("submission_id", null=True, to="submission.id", unique=True),
        *(_text("question"), _text("answer_en"), _text("answer_fr"), _time("published_at", null=True)),
    )
    op.create_table(
        "disclosure",
        _text("id", key=True),
        _text("organisation_id", to="organisation.id", index=True),
        _text("provider_id", to="provider.id", index=True),
        *(_text("subject", 80), _json("what"), _text("consent_ref", 200), _time("at")),
    )


def _widen(
    name: str,
    filled: Sequence[tuple[sa.Column[Any], Any]],
    empty: Sequence[sa.Column[Any]] = (),
    checks: Sequence[tuple[str, Sequence[str]]] = (),
) -> None:
    """Add columns to a table with rows in it: `filled` ones get a value in every row, `empty` ones may be null."""
    with op.batch_alter_table(name) as table:
        for column, _ in filled:
            table.add_column(sa.Column(column.name, column.type, nullable=True))
        for column in empty:
            table.add_column(column)
    if filled:
        columns = sa.table(name, *(sa.column(column.name, column.type) for column, _ in filled))
        op.execute(sa.update(columns).values({column.name: value for column, value in filled}))
    if filled or checks:
        with op.batch_alter_table(name) as table:
            for column, _ in filled:
                table.alter_column(column.name, existing_type=column.type, nullable=False)
            for column_name, values in checks:
                table.create_check_constraint(op.f(f"ck_{name}_known_{column_name}"), _in(column_name, values))


def _in(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _one_of(column: str, values: Sequence[str]) -> sa.CheckConstraint:
    return sa.CheckConstraint(_in(column, values), name=f"known_{column}")


def _column(name: str, kind: Any, null: bool, key: bool, to: str | None, **more: bool) -> sa.Column[Any]:
    reference = () if to is None else (sa.ForeignKey(to),)
    return sa.Column(name, kind, *reference, nullable=null, primary_key=key, autoincrement=False, **more)


def _text(
    name: str, most: int | None = None, *, null: bool = False, key: bool = False, to: str | None = None, **more: bool
) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.AutoString(length=most), null, key, to, **more)


def _number(name: str, *, null: bool = False, key: bool = False, to: str | None = None) -> sa.Column[Any]:
    return _column(name, sa.Integer(), null, key, to)


def _big(name: str, *, null: bool = False, **more: bool) -> sa.Column[Any]:
    return _column(name, _BIG, null, False, None, **more)


def _real(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Float(), null, False, None)


def _flag(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Boolean(), null, False, None)


def _day(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, sa.Date(), null, False, None)


def _time(name: str, *, null: bool = False, **more: bool) -> sa.Column[Any]:
    return _column(name, sqlmodel.sql.sqltypes.UTCDateTime(), null, False, None, **more)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return _column(name, _JSON, null, False, None)
