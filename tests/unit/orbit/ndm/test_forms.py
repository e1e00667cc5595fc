"""What comes in unusual dress: several messages in one text, kinds that are only kept, slips of practice."""

from datetime import UTC, datetime

import pytest

from space_hub.errors import Invalid
from space_hub.orbit.ndm import Form, read, write
from space_hub.orbit.ndm.cdm import conjunction
from space_hub.orbit.ndm.elements import element_sets, omm_message
from space_hub.orbit.ndm.tables.orbit import COVARIANCE
from space_hub.orbit.sample import sample_catalogue
from tests.support import messages

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ATTITUDE = """CCSDS_AEM_VERS = 1.0
CREATION_DATE = 2026-11-22T00:00:00
ORIGINATOR = SOMEBODY
META_START
COMMENT kept
OBJECT_NAME = SAT
ATTITUDE_TYPE = QUATERNION
META_STOP
DATA_START
2026-11-22T00:00:00 0.5 0.5 0.5 0.5
DATA_STOP
"""


@pytest.mark.parametrize("form", ["kvn", "xml", "json"])
def test_several_messages_in_one_text_are_each_read(form: Form) -> None:
    """Sabotage seen: only the last of the messages read."""
    sets = sample_catalogue(NOW, 2)[:5]
    together = "\n".join(write(omm_message(one, NOW, "SOMEBODY"), "kvn") for one in sets)
    message = read(together.encode())
    assert message.kind == "ndm" and len(message.messages) == 5
    again = read(write(message, form).encode())
    assert again == message
    assert list(element_sets(again)) == list(sets)


def test_an_empty_header_of_an_omm_is_let_pass_and_of_a_cdm_is_not() -> None:
    """CelesTrak leaves CREATION_DATE and ORIGINATOR empty. Sabotage seen: the mark left out of the table."""
    one = sample_catalogue(NOW, 2)[0]
    text = write(omm_message(one, NOW, "SOMEBODY"), "xml")
    empty = text.replace("<ORIGINATOR>SOMEBODY</ORIGINATOR>", "<ORIGINATOR/>")
    assert "<ORIGINATOR/>" in empty
    message = read(empty.encode())
    assert list(element_sets(message)) == [one]
    assert [remark.code for remark in message.remarks] == ["ndm.remark_empty"]
    assert read(write(message, "xml").encode()) == message
    with pytest.raises(Invalid, match=r"ndm\.keyword_missing"):
        read(text.replace("<ORIGINATOR>SOMEBODY</ORIGINATOR>", "").encode())
    with pytest.raises(Invalid, match=r"ndm\.value_missing"):
        read(messages.with_value(messages.cdm(), "ORIGINATOR", "").encode())


def test_a_label_without_its_seconds_is_let_pass_and_another_scale_is_not() -> None:
    """A velocity labelled [m] is a slip of the pen; kilometres are another value. Sabotage seen: any label let pass."""
    message = read(messages.with_value(messages.cdm(), "RELATIVE_SPEED", "13252.4 [m]").encode())
    assert conjunction(message).relative_speed_m_s == 13252.4
    assert [remark.code for remark in message.remarks] == ["ndm.remark_unit"]
    for unit in ("km/s", "ft/s", "km", "s"):
        with pytest.raises(Invalid, match=r"ndm\.unit_wrong"):
            read(messages.with_value(messages.cdm(), "RELATIVE_SPEED", f"13.2 [{unit}]").encode())


def test_attitude_is_named_and_kept() -> None:
    message = read(ATTITUDE.encode())
    assert (message.kind, message.version) == ("aem", "1.0")
    assert message.body.comments == ("kept",)
    assert write(message, "kvn") == ATTITUDE
    assert read(write(message, "kvn").encode()) == message
    with pytest.raises(Invalid, match=r"ndm\.form_none"):
        write(message, "json")


@pytest.mark.parametrize("form", ["kvn", "xml", "json"])
def test_a_conjunction_says_the_same_in_every_form(form: Form) -> None:
    message = read(messages.cdm().encode())
    found = read(write(message, form).encode())
    assert found.content() == message.content()
    assert found.header.comments == ("Written by hand",)
    assert conjunction(found).hard_body_radius_m == 15.0
    assert conjunction(found).one.notes == conjunction(message).one.notes
    assert (found.form, read(write(found, form).encode())) == (form, found)


def test_terms_of_a_covariance_out_of_their_place_are_refused() -> None:
    """In KVN nothing but its place says what a term is. Sabotage seen: the order not looked at."""
    header = "<header><CREATION_DATE>2026-11-22T00:00:00</CREATION_DATE><ORIGINATOR>X</ORIGINATOR></header>"
    about = {"OBJECT_NAME": "A", "OBJECT_ID": "B", "CENTER_NAME": "EARTH", "REF_FRAME": "GCRF", "TIME_SYSTEM": "UTC"}
    about |= {"START_TIME": "2026-11-22T00:00:00", "STOP_TIME": "2026-11-23T00:00:00"}
    state = dict(zip(("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"), "123456", strict=True))
    terms = {name: f"{place}.5" for place, name in enumerate(COVARIANCE)}

    def elements(given: dict[str, str]) -> str:
        return "".join(f"<{name}>{value}</{name}>" for name, value in given.items())

    def oem(matrix: dict[str, str]) -> bytes:
        epoch = {"EPOCH": "2026-11-22T00:00:00"}
        data = f"<stateVector>{elements(epoch | state)}</stateVector>"
        data += f"<covarianceMatrix>{elements(epoch | matrix)}</covarianceMatrix>"
        segment = f"<segment><metadata>{elements(about)}</metadata><data>{data}</data></segment>"
        return f'<oem id="CCSDS_OEM_VERS" version="2.0">{header}<body>{segment}</body></oem>'.encode()

    message = read(oem(terms))
    assert read(write(message, "kvn").encode()).content() == message.content()
    last = dict(list(terms.items())[1:]) | {"CX_X": terms["CX_X"]}
    with pytest.raises(Invalid, match=r"ndm\.keyword_order"):
        read(oem(last))


def test_a_users_keyword_that_kvn_cannot_carry_is_refused() -> None:
    """Sabotage seen: any name taken behind USER_DEFINED_."""
    text = write(omm_message(sample_catalogue(NOW, 2)[0], NOW, "X"), "xml")
    users = "<userDefinedParameters><USER_DEFINED parameter='{}'>1</USER_DEFINED></userDefinedParameters></data>"
    assert read(text.replace("</data>", users.format("Earth_Model.2")).encode()).remarks == ()
    for name in ("", "A B", "A=B", "é"):
        with pytest.raises(Invalid, match=r"ndm\.keyword_unknown"):
            read(text.replace("</data>", users.format(name)).encode())
