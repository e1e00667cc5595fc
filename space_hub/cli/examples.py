"""Files to begin with, as `--example` prints them: a supplier's manifest, a requirement that it meets, a drill."""

import csv
import io
import json
from datetime import datetime, timedelta

from space_hub.cli.speak import sentence

_OFFERINGS = (
    {
        "reference": "EX-SAR",
        "title": "Radar images, half a metre",
        "capability": "radar.sar",
        "description": "Spotlight images, day and night",
        "attribute:sar:resolution_range": "50 cm",
        "attribute:sar:resolution_azimuth": "50 cm",
        "attribute:revisit": "6 h",
        "attribute:delivery_latency": "90 min",
        "capacity:peace": "3000 km2/d",
        "price:peace": "6.50 EUR/km2",
        "capacity:crisis": "5000 km2/d",
        "price:crisis": "9.00 EUR/km2",
        "assets": "ground_station:Northern station",
        "coverage": "global",
    },
    {
        "reference": "EX-OPT",
        "title": "Optical images, 30 to 50 cm",
        "capability": "imagery.optical",
        "description": "Tasked by day, no more than 15 % cloud",
        "attribute:gsd": "0.3..0.5 m",
        "attribute:eo:cloud_cover": "15 %",
        "attribute:revisit": "12 h",
        "attribute:delivery_latency": "2 h",
        "capacity:peace": "8000 km2/d",
        "price:peace": "11.00 EUR/km2",
        "assets": "ground_station:Northern station",
        "coverage": "global",
    },
)


def manifest() -> str:
    """Two offerings as a spreadsheet; an empty cell says nothing."""
    columns = list(dict.fromkeys(column for offering in _OFFERINGS for column in offering))
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_OFFERINGS)
    return sheet.getvalue()


def requirement(now: datetime) -> str:
    """A need for a week that begins two days after `now`, as POST /v1/requirements takes it."""
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    body = {
        "title": sentence("cli.example.requirement"),
        "capability": "radar.sar",
        "currency": "EUR",
        "window_from": first.isoformat(),
        "window_to": (first + timedelta(days=7)).isoformat(),
        "phases": [{"phase": "peace", "quantity": 2500, "unit": "km2/d", "budget_per_day": "40000"}],
        "clauses": [
            {"attribute": "sar:resolution_range", "operator": "<=", "threshold": 1, "unit": "m", "objective": 0.5},
            {"attribute": "delivery_latency", "operator": "<=", "threshold": 3, "unit": "h", "hard": False},
        ],
    }
    return json.dumps(body, indent=2) + "\n"


SCENARIO = """\
# 300 are wanted; the agreements are called in this order until they are covered.
seed: 7
wanted: 300
begins_at: 2024-11-02T08:10:00Z
ends_at: 2024-11-04T08:00:00Z
approvals: [PT10M, PT21M5S]
agreements:
  - name: Northlight
    capacity: 150
    acknowledge: PT1H
    notice: PT6H
    ramp:
      - {after: PT7H, share: 0.5}
      - {after: PT8H, share: 1}
    supplier: {answers: [PT10M, PT30M], pace: [0.8, 1.2]}
  - name: Boreal
    capacity: 100
    acknowledge: PT1H
    notice: PT6H
    supplier: {refuses: 0.9, answers: [PT30M, PT50M]}
  - name: Meridian
    capacity: 100
    acknowledge: PT1H
    notice: PT8H
    supplier: {accepts: [0.6, 0.9], pace: [0.9, 1.3]}
  - name: Halo
    capacity: 80
    acknowledge: PT2H
    notice: PT12H
"""
