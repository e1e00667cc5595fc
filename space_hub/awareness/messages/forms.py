"""The forms in which messages leave, the usual one first; apart, so that naming them loads nothing that computes."""

from typing import Literal

CdmForm = Literal["kvn", "xml", "json"]
OmmForm = Literal["kvn", "xml", "json", "csv"]

CDM: tuple[CdmForm, ...] = ("kvn", "xml", "json")
OMM: tuple[OmmForm, ...] = ("kvn", "xml", "json", "csv")
