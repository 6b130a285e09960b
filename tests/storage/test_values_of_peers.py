"""What a linked platform answers is bounded as the catalogue is: no number is larger than its columns, no text has what
PostgreSQL cannot keep."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import storage.exchange
from storage.exchange.lessons import Station
from storage.outbound.linked import LinkTrouble, _read

LARGEST = 2**63 - 1


def models() -> Iterator[type[BaseModel]]:
    for found in pkgutil.iter_modules(storage.exchange.__path__):
        module = importlib.import_module(f"storage.exchange.{found.name}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, BaseModel)
                and value.__module__ == module.__name__
            ):
                yield value


def unbounded(schema: Any, place: str) -> Iterator[str]:
    if isinstance(schema, list):
        for inner in schema:
            yield from unbounded(inner, place)
    elif isinstance(schema, dict):
        if schema.get("type") == "integer" and not (
            schema.get("minimum", -LARGEST - 2) >= -LARGEST and schema.get("maximum", LARGEST + 1) <= LARGEST
        ):
            yield place
        for name, inner in schema.items():
            yield from unbounded(inner, f"{place}.{name}")


def test_each_number_has_bounds() -> None:
    found = [place for model in models() for place in unbounded(model.model_json_schema(), model.__name__)]
    assert not found


@pytest.mark.parametrize("name", ["url", "asset_id"])
@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800"])
def test_what_no_text_is_is_not_understood(name: str, text: str) -> None:
    told = {"url": "https://city.example", "name": "市", "asset_id": "a" * 24}
    assert _read(json.dumps(told).encode(), Station, "/v1/x").asset_id == "a" * 24
    with pytest.raises(LinkTrouble) as refused:
        _read(json.dumps({**told, name: text}).encode(), Station, "/v1/x")
    assert refused.value.failure == "answer_invalid"


def test_what_only_looks_like_it_is_a_text() -> None:
    told = {"url": "https://city.example", "name": "a\\u0000b", "asset_id": "a" * 24}
    assert _read(json.dumps(told).encode(), Station, "/v1/x").name == "a\\u0000b"
