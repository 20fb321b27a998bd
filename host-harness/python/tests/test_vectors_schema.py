"""tests/vectors/schema.json describes the vectors, and nothing else."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

VECTORS = Path(__file__).parents[3] / "tests/vectors"
VALIDATOR = jsonschema.Draft202012Validator(json.loads((VECTORS / "schema.json").read_text("utf-8")))
FILES = sorted(VECTORS.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_vectors_fit_the_schema(file: Path) -> None:
    VALIDATOR.validate(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.pop("expect"),
        lambda case: case.update(expect={"ok": 1, "error": 2}),
        lambda case: case.update(expected={"ok": 1}),
        lambda case: case.update({"deliver": {"operation": "message", "body": {"utf8": ""}}}),
        lambda case: case["verify-webhook"].pop("body"),
        lambda case: case["verify-webhook"].update(body={"hex": "abc"}),
        lambda case: case["verify-webhook"].update(body="text"),
        lambda case: case["verify-webhook"].update(headers=[["a", "b", "c"]]),
        lambda case: case.update(exchanges=[{"request": "GET /path", "answer": {"status": 200}}]),
        lambda case: case.update(exchanges=[{"request": "GET https://a.b/", "answer": {"error": "lost"}}]),
    ],
)
def test_the_schema_refuses_other_files(change) -> None:
    file = copy.deepcopy(json.loads((VECTORS / "genesys-open-messaging/verify-webhook.json").read_text("utf-8")))
    change(file["cases"][0])
    assert not VALIDATOR.is_valid(file)
