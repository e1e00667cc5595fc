"""Every vendor document that we have becomes something of ours, or is refused with a reason."""

from pathlib import Path

import pytest

from jobs.proofs import documents
from space_hub.errors import Invalid


@pytest.fixture(scope="module")
def report(shared: Path) -> documents.Report:
    return documents.run(shared / "data")


def test_the_verdicts_add_up_to_what_the_files_hold(report: documents.Report) -> None:
    """Sabotage seen: the sites of ground stations left out; a sentence of a refusal taken away."""
    assert report.read == len(report.verdicts) == 10_389
    assert report.unexplained == 0
    assert report.holds
    assert sum(row["count"] for row in report.rows() if isinstance(row["count"], int)) == report.read


def test_products_are_offerings_and_what_they_are_not_is_said(report: documents.Report) -> None:
    became = {each.document: each for each in report.verdicts}
    umbra = became["stapi/product/examples/ProductCollectionUmbra.json#umbra_archive_catalog"]
    assert (umbra.became, umbra.note) == ("offering", "radar.sar, archive; azimuth_looks, sar:resolution_range")
    assert became["stapi/openapi.yaml"].code == "document.is_a_schema"
    assert became["stac/simple-item.json"].code == "stac.item_is_a_delivery"
    assert became["stac/catalog.json"].code == "stac.catalog_has_no_product"
    assert became["stapi/order/examples/OrderStatus/CustomerCancelled.json"].note == "user_cancelled"
    without = became["stapi/opportunity/examples/umbra/OpportunityResponseUmbra.json"]
    assert (without.became, without.note) == ("quote", "feasible; without stapi_type, stapi_version, bbox")


def test_the_known_faults_of_the_satellite_register_are_found(report: documents.Report) -> None:
    refused = report.as_dict()["refused_by_code"]
    assert refused["register.number_unreadable"] == 2
    assert refused["register.repeated"] == 9
    assert any("62684" in each.reason for each in report.verdicts)


def test_without_the_documents_the_proof_says_where_they_belong(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(Invalid, match=r"document\.no_data"):
            documents.run(folder)
