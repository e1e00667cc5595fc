import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, select

from catalog.capacity import ledger
from catalog.capacity.rules import Bucket
from catalog.capacity.tables import CapacityReservation, CapacityResource
from catalog.demand.tables import AdoptionStep, NeedEntry, NeedStanding, OpportunityQuestion
from catalog.ordering.tables import CallOff, CallOffOption, SupplyOrder
from catalog.promise.tables import Agreement, AgreementTerms, PoolLot
from catalog.tables import Offering, OfferingVersion
from jobs import migrations
from providers import generation
from providers.desk_tables import Office
from providers.doors import SupplierDoor
from providers.standing import ALLIES, PARTNERS
from providers.tables import Application, Clearance, Evidence, Provider, ProviderStatusEntry
from space_hub import db
from space_hub.db import Database
from space_hub.trust.labels import REAL
from space_hub.trust.markings import MarkingRow
from space_hub.vocabulary.codes import MissionArea
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]


def test_every_module_that_defines_a_table_is_known_to_the_migrations() -> None:
    """Sabotage seen: a module left out of TABLE_MODULES is named here."""
    found = set()
    for folder in ("space_hub", "providers", "catalog", "api", "jobs"):
        for path in (ROOT / folder).rglob("*.py"):
            if re.search(r"^class .*table=True\)", path.read_text("utf-8"), re.MULTILINE):
                found.add(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert found == set(migrations.TABLE_MODULES)


def test_the_revisions_make_exactly_the_tables_that_the_code_declares(database: Database) -> None:
    """Sabotage seen: a column added to a table without a revision is named here, on both databases."""
    migrations.load_tables()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_a_second_upgrade_does_nothing(database: Database) -> None:
    assert migrations.current(database) == migrations.head()
    assert migrations.upgrade(database) is False


def test_checks_and_partial_indexes_stand_in_the_database_as_they_are_declared(database: Database) -> None:
    """What the comparison above leaves out.

    Sabotage seen: a check left out of the revision, and `where` left out of a partial
    index for either database, are named here.
    """
    migrations.load_tables()
    found = sa.inspect(database.engine)
    for name, table in db.metadata.tables.items():
        declared = {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)}
        assert {each["name"] for each in found.get_check_constraints(name)} == declared, name
        partial = {each.name for each in table.indexes if each.dialect_kwargs.get("sqlite_where") is not None}
        kept = {each["name"] for each in found.get_indexes(name) if any("where" in key for key in _options(each))}
        assert kept == partial, name


def _options(index: Any) -> list[str]:
    return [key for key, value in index.get("dialect_options", {}).items() if value is not None]


WHEN = datetime(2024, 5, 1, tzinfo=UTC)

OLD: dict[str, list[dict[str, Any]]] = {
    "organisation": [
        {"id": f"org_{each}", "name": each, "kind": "provider", "nation": nation, "created_at": WHEN}
        for each, nation in (("sky", "FR"), ("new", "JP"), ("off", "BR"))
    ],
    "provider": [
        {
            "id": f"prv_{each}",
            "organisation_id": f"org_{each}",
            "legal_name": each,
            "legal_id": each,
            "nation": nation,
            "size_class": "small",
            "contacts": [{"name": "A", "email": "a@example.org", "role": ""}],
            "status": status,
            "created_at": WHEN,
            "updated_at": WHEN,
        }
        for each, nation, status in (("sky", "FR", "verified"), ("new", "JP", "draft"), ("off", "BR", "suspended"))
    ],
    "provider_status_entry": [
        {
            "id": "pst_1",
            "provider_id": "prv_sky",
            "number": 1,
            "event": "verify",
            "status": "verified",
            "reasons": ["in order"],
            "by_organisation_id": "org_sky",
            "at": WHEN,
        }
    ],
    "evidence": [
        {
            "id": "evd_1",
            "provider_id": "prv_sky",
            "kind": "trial",
            "issuer": "A",
            "scope": "B",
            "valid_from": WHEN,
            "document_sha256": "0" * 64,
            "created_at": WHEN,
        }
    ],
    "supplier_door": [{"provider_id": "prv_sky", "adapter": "simulated", "at": WHEN}],
    "marking": [{"id": "mrk_1", "level": "unclassified", "owner_id": "org_sky", "organisations": []}],
    "offering": [
        {
            "id": "off_1",
            "provider_id": "prv_sky",
            "reference": "EYE",
            "status": "withdrawn",
            "mission_area": "imagery",
            "capability": "imagery.optical",
            "current_version_id": "ofv_1",
            "marking_id": "mrk_1",
            "created_at": WHEN,
            "updated_at": WHEN,
        }
    ],
    "offering_version": [
        {
            "id": "ofv_1",
            "offering_id": "off_1",
            "number": 1,
            "content_sha256": "1" * 64,
            "title": "Eye",
            "description": "",
            "mission_area": "imagery",
            "capability": "imagery.optical",
            "modality": "service",
            "attributes": [],
            "capacity_unit": "km2/d",
            "capacity": [{"phase": "peace", "quantity": 7.0, "given": 7.0, "given_unit": "km2/d"}],
            "price_unit": "km2",
            "prices": [],
            "standards": [],
            "licence": "",
            "source": "api",
            "marking_id": "mrk_1",
            "at": WHEN,
        }
    ],
    "pool": [
        {
            "id": "pol_1",
            "name": "Pool",
            "lead_organisation_id": "org_sky",
            "authority_name": "A",
            "authority_office": "B",
            "mission_area": "imagery",
            "open_to_suppliers": False,
            "created_at": WHEN,
        }
    ],
    "agreement": [
        {
            "id": f"agr_{status}",
            "pool_id": "pol_1",
            "provider_id": f"prv_{each}",
            "offering_id": "off_1",
            "version_id": "ofv_1",
            "version_sha256": "1" * 64,
            "period_from": WHEN,
            "period_to": WHEN + timedelta(days=9),
            "unit": "km2/d",
            "price_unit": "km2",
            "status": status,
            "created_by_id": "org_sky",
            "created_at": WHEN,
        }
        for each, status in (("sky", "ended"), ("new", "offered"))
    ],
    "agreement_terms": [
        {
            "agreement_id": "agr_ended",
            "phase": "peace",
            "parts_per_day": 100_000,
            "notice_s": 0,
            "unit_price": "2",
            "currency": "EUR",
            "priority": 9,
            "exclusivity": "none",
            "civil_floor": "0",
        }
    ],
    "capacity_bucket": [
        {"resource": resource, "day": day, "capacity": 100_000, "committed": committed}
        for resource, day, committed in (
            ("agr_ended", date(2024, 5, 2), 40_000),
            ("agr_ended", date(2024, 5, 3), 0),
            ("off_1/peace", date(2024, 5, 1), 100_000),
            ("off_1/peace", date(2024, 5, 2), 0),
            ("off_1/peace", date(2024, 5, 3), 0),
        )
    ],
    "capacity_reservation": [
        {"id": name, "resource": resource, "subject": subject, "first_day": first, "last_day": last, "parts": parts}
        for name, resource, subject, first, last, parts in (
            ("rsv_1", "agr_ended", "cal_1", date(2024, 5, 2), date(2024, 5, 2), 40_000),
            ("rsv_2", "off_1/peace", "agr_ended", date(2024, 5, 1), date(2024, 5, 3), 100_000),
        )
    ],
    "capacity_entry": [
        {"reservation_id": name, "kind": kind, "from_day": day, "reason": "r", "at": WHEN}
        for name, kind, day in (
            ("rsv_1", "reserved", date(2024, 5, 2)),
            ("rsv_2", "reserved", date(2024, 5, 1)),
            ("rsv_2", "released", date(2024, 5, 2)),
        )
    ],
    "call_off": [
        {
            "id": "cal_1",
            "agreement_id": "agr_ended",
            "organisation_id": "org_sky",
            "parts_per_day": 40_000,
            "window_from": WHEN + timedelta(days=1),
            "window_to": WHEN + timedelta(days=2),
            "phase": "peace",
            "unit_price": "2",
            "currency": "EUR",
            "total_price": "80",
            "authority_name": "A",
            "authority_office": "B",
            "parameters": {"a": 1},
            "reservation_id": "rsv_1",
            "status": "completed",
            "created_at": WHEN,
        }
    ],
    "supply_order": [
        {
            "id": "ord_1",
            "call_off_id": "cal_1",
            "provider_id": "prv_sky",
            "organisation_id": "org_sky",
            "step": "closed",
            "status": "completed",
            "raw": "done",
            "attempts": 0,
            "problem": "",
            "due_at_wall": WHEN,
            "created_at": WHEN,
        }
    ],
    "requirement": [
        {
            "id": "req_1",
            "organisation_id": "org_sky",
            "title": "Images",
            "description": "",
            "mission_area": "imagery",
            "capability": "imagery.optical",
            "clauses": [],
            "phases": [{"phase": "peace", "quantity": 7.0, "budget_per_day": None}],
            "currency": "EUR",
            "window_from": WHEN,
            "window_to": WHEN,
            "terms": {},
            "content_sha256": "2" * 64,
            "marking_id": "mrk_1",
            "created_at": WHEN,
        }
    ],
}
"""An installation of the first schema: a supplier on the shelf, a newcomer, and one that is suspended."""


LATER: dict[str, list[dict[str, Any]]] = {
    "office": [
        {
            "id": "ofc_front_desk",
            "organisation_id": "org_sky",
            "kind": "office",
            **dict.fromkeys(("name_en", "name_fr", "remit_en", "remit_fr"), "Front desk"),
            "mission_areas": [],
            "matters": ["application", "question"],
            **dict.fromkeys(("officer_name", "officer_email", "deputy_name", "deputy_email", "head_email"), ""),
            "answer_days": 2,
            "rank": 1000,
            "active": True,
            "created_at": WHEN,
        }
    ],
    "opportunity": [
        {
            "id": "opp_1",
            "organisation_id": "org_sky",
            "kind": "opportunity",
            **dict.fromkeys(("title_en", "title_fr", "text_en", "text_fr"), "North"),
            "mission_areas": [],
            "opens_at": WHEN,
            "closes_at": WHEN,
            "state": "open",
            "marking_id": "mrk_1",
        }
    ],
    "opportunity_question": [
        {"id": "opq_1", "opportunity_id": "opp_1", "question": "By night?", "answer_en": "", "answer_fr": ""}
    ],
}
"""What only the second schema knew."""


def fill(database: Database, given: dict[str, list[dict[str, Any]]]) -> None:
    """Rows as the schema of the moment takes them."""
    known = sa.MetaData()
    known.reflect(database.engine)
    with database.engine.begin() as connection:
        for name, rows in given.items():
            connection.execute(sa.insert(known.tables[name]), rows)


def from_the_first(database: Database) -> None:
    """Old rows, through every revision."""
    migrations.upgrade(database, "0001")
    fill(database, OLD)
    migrations.upgrade(database, "0002")
    fill(database, LATER)
    assert migrations.upgrade(database) is True
    database.engine.dispose()


@pytest.fixture(scope="module")
def old_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("upgraded") / "old.sqlite"
    from_the_first(db.connect(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="module")
def old_template(postgres_server: str) -> Iterator[str]:
    name = postgres.name("upgraded")
    with postgres.Made(postgres_server, name) as url:
        from_the_first(db.connect(url))
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A copy of what was upgraded once."""
    if request.param == "sqlite":
        database = db.connect(f"sqlite:///{copyfile(request.getfixturevalue('old_file'), tmp_path / 'hub.sqlite')}")
        yield database
        database.engine.dispose()
        return
    template = request.getfixturevalue("old_template")
    with postgres.Made(request.getfixturevalue("postgres_server"), postgres.name("test"), template) as url:
        database = db.connect(url)
        yield database
        database.engine.dispose()


def test_an_installation_of_the_first_schema_keeps_its_rows(upgraded: Database) -> None:
    """Sabotages seen: references left on stop SQLite at the first table remade; no clearances for the suspended."""
    with upgraded.read() as session:
        sky, new, off = (session.get_one(Provider, f"prv_{each}") for each in ("sky", "new", "off"))
        assert [(each.standing, each.status, each.tier) for each in (sky, new, off)] == [
            ("ally", "verified", "listed"),
            ("partner", "draft", None),
            ("other", "suspended", "listed"),
        ]
        assert (sky.kind, sky.newcomer, sky.dependencies, sky.contacts[0]["email"]) == (
            *("commercial", False, []),
            "a@example.org",
        )
        assert sky.created_at == WHEN
        cleared = session.exec(select(Clearance)).all()
        assert {(each.provider_id, each.mission_area) for each in cleared} == {
            (provider, area.value) for provider in ("prv_sky", "prv_off") for area in MissionArea
        }
        assert {(each.tier, each.state, each.application_id) for each in cleared} == {("listed", "active", None)}
        assert session.get_one(ProviderStatusEntry, "pst_1").due_to == "person"
        shown = session.get_one(Evidence, "evd_1")
        assert (shown.state, shown.recognised_by, shown.mission_areas) == ("shown", [], None)
        door = session.get_one(SupplierDoor, "prv_sky")
        assert (door.state, door.settings, door.failures, door.next_at) == ("open", {}, 0, None)
        assert session.get_one(Offering, "off_1").withdrawn_reason == "owner"
        version = session.get_one(OfferingVersion, "ofv_1")
        assert (version.taskable, version.archive, version.national, version.withheld) == (True, False, False, [])
        assert version.capacity == [
            {"phase": "peace", "quantity": 7.0, "given": 7.0, "given_unit": "km2/d", "notice_h": None}
        ]
        assert generation.current(session) == 0


def test_the_days_of_the_ledger_become_slots_and_it_still_balances(upgraded: Database) -> None:
    """2024-05-02 is the 19,845th day after 1970-01-01.

    Sabotages seen: `released` rows that do not end their reservation; the last day taken for the first.
    """
    with upgraded.read() as session:
        assert ledger.buckets(session, "agr_ended", 0, 30_000) == {
            19_845: Bucket(100_000, 40_000),
            19_846: Bucket(100_000, 0),
        }
        firm, ended = (session.get_one(CapacityReservation, f"rsv_{number}") for number in (1, 2))
        assert (firm.first_slot, firm.last_slot, firm.kind, firm.state, firm.expires_at) == (
            *(19_845, 19_845, "firm", "held"),
            None,
        )
        assert (ended.first_slot, ended.last_slot, ended.state) == (19_844, 19_846, "ended")
        assert {row.resource: (row.kind, row.bucket, row.unit) for row in session.exec(select(CapacityResource))} == {
            "agr_ended": ("agreement", "day", "km2/d"),
            "off_1/peace": ("offering", "day", "km2/d"),
        }
        assert ledger.faults(session) == []


def test_what_was_called_off_was_one_way_that_was_tried(upgraded: Database) -> None:
    """Sabotage seen: the completed call-off's option left as one that is still tried."""
    with upgraded.read() as session:
        call_off = session.get_one(CallOff, "cal_1")
        assert (call_off.pool_id, call_off.kind, call_off.method, call_off.purpose) == (
            *("pol_1", "tasking", "direct"),
            "defence",
        )
        assert (call_off.won_option, call_off.status, call_off.policy, call_off.parameters) == (
            *(1, "completed", None),
            {"a": 1},
        )
        option = session.get_one(CallOffOption, ("cal_1", 1))
        assert (option.agreement_id, option.parts_per_slot, option.phase, option.priority) == (
            *("agr_ended", 40_000, "peace"),
            9,
        )
        assert (option.unit_price, option.currency, option.total_price) == ("2", "EUR", "80")
        assert (option.state, option.fee, option.reservation_id) == ("won", "0", "rsv_1")
        assert session.get_one(CapacityReservation, "rsv_1").subject == "cal_1/1"
        order = session.get_one(SupplyOrder, "ord_1")
        assert (order.call_off_id, order.rank, order.status, order.fee) == ("cal_1", 1, "completed", None)


def test_what_was_agreed_before_stands_in_lot_1_and_promises_nothing_more(upgraded: Database) -> None:
    with upgraded.read() as session:
        [lot] = session.exec(select(PoolLot)).all()
        assert (lot.pool_id, lot.number, lot.title_en, lot.bucket, lot.unit) == ("pol_1", 1, "Pool", "day", None)
        found = session.exec(select(Agreement)).all()
        assert {(each.lot_id, each.bucket, each.origin) for each in found} == {(lot.id, "day", "direct")}
        terms = session.get_one(AgreementTerms, ("agr_ended", "peace"))
        assert (terms.basis, terms.activation, terms.acknowledge_s, terms.ramp) == ("quantity", "none", 0, [])
        assert not (terms.can_pre_empt or terms.preemptible or terms.deny_others)
        assert (terms.cut_off_authorities, terms.refund, terms.sla) == (None, None, [])


def test_what_was_marked_before_is_real_and_keeps_its_id(upgraded: Database) -> None:
    with upgraded.read() as session:
        marking = session.get_one(MarkingRow, "mrk_1")
        assert (marking.mode, marking.owner_id) == (REAL, "org_sky")


def test_the_front_desk_takes_the_new_matters_too(upgraded: Database) -> None:
    """Without them an application to a lot would lie at no office."""
    with upgraded.read() as session:
        desk = session.get_one(Office, "ofc_front_desk")
        assert desk.matters == ["application", "question", "admission", "complaint"]


def test_a_need_that_was_stated_before_is_open_private_and_dated(upgraded: Database) -> None:
    """Without these rows its owner could neither publish nor close it."""
    with upgraded.read() as session:
        standing = session.get_one(NeedStanding, "req_1")
        assert (standing.state, standing.level, standing.updated_at) == ("open", "private", WHEN)
        [entry] = session.exec(select(NeedEntry)).all()
        assert (entry.event, entry.number, entry.detail, entry.by_organisation_id) == ("stated", 1, {}, "org_sky")
        [step] = session.exec(select(AdoptionStep)).all()
        assert (step.step, step.at, step.detail) == ("need_stated", WHEN, {})


def test_the_copies_in_the_revision_are_what_the_product_says() -> None:
    """At least until the product says something else: then this test has done its work and goes.

    Sabotage seen: a nation too many among the allies of the revision.
    """
    from importlib import import_module

    revision = import_module("jobs.migrations.versions.0002_the_front_door_and_the_catalogue")
    assert set(revision._ALLIES) == ALLIES
    assert set(revision._PARTNERS) == PARTNERS
    assert set(revision._AREAS) == {area.value for area in MissionArea}


def test_what_was_asked_before_there_were_comments_is_a_question_and_who_signed_is_no_newcomer(
    upgraded: Database,
) -> None:
    """Sabotage seen: the update of `newcomer` left out; agreements in any state counted."""
    with upgraded.read() as session:
        asked = session.get_one(OpportunityQuestion, "opq_1")
        assert (asked.kind, asked.submission_id) == ("question", None)
        assert [session.get_one(Provider, f"prv_{each}").newcomer for each in ("sky", "new", "off")] == [
            False,
            True,
            True,
        ]


def application(number: int, state: str) -> Application:
    return Application(
        id=f"app_{number}",
        provider_id="prv_sky",
        tier="verified",
        mission_areas=["imagery"],
        rules_version=1,
        state=state,
        created_at=WHEN,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param([application(1, "submitted"), application(2, "returned")], id="two open applications"),
        pytest.param([application(1, "pondered")], id="a state that does not exist"),
        pytest.param(
            [Clearance(provider_id="prv_no", mission_area="x", tier="listed", state="active")], id="no parent"
        ),
        pytest.param([Provider(**{**OLD["provider"][0], "id": "prv_x", "standing": "foe"})], id="no such standing"),
    ],
)
def test_the_database_itself_refuses_what_must_not_be(upgraded: Database, wrong: list[SQLModel]) -> None:
    """After an upgrade that made tables anew, too.

    Sabotages seen: references that stay off after the upgrade took a clearance of nobody;
    an index that is not unique took two open applications.
    """
    with pytest.raises(IntegrityError), upgraded.write() as session:
        for row in wrong:
            session.add(type(row).model_validate(row.model_dump()))


def test_an_application_that_was_decided_makes_room_for_another(upgraded: Database) -> None:
    """Sabotage seen: an index over all states, on either database, refused the second."""
    with upgraded.write() as session:
        session.add_all([application(3, "rejected"), application(4, "withdrawn"), application(5, "in_review")])


def test_each_change_of_the_shelf_takes_the_next_number(database: Database) -> None:
    """Sabotage seen: an update that adds nothing."""
    with database.write() as session:
        assert [generation.bump(session), generation.bump(session)] == [1, 2]
    with database.read() as session:
        assert generation.current(session) == 2
