"""Values on their way between the processes.

JSON as it is, with tags for what JSON has no form for:

    {"$map": [[key, value], ...]}     a dict with keys that are no strings
    {"$object": [[key, value], ...]}  a dict with keys that look like a tag; every dict towards Python
    {"$set": [...]}                   a set
    {"$cursor": "start" | "end" | {"after": text}}  a position in LightRAG's page sweeps

Towards Python only:

    {"$tuple": [...]}                 a tuple, where a list will not do
    {"$float": "1.0"}                 a float, where JSON's number would become an int
    {"$status": "pending"}            a member of LightRAG's enum
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

import numpy
from lightrag.base import CURSOR_END, CURSOR_START, CursorAfter, DocStatus, DocStatusPage
from pydantic import BaseModel


def encode(value: Any) -> Any:
    """Makes a value what `json.dumps` takes."""
    if value is CURSOR_START:
        return {"$cursor": "start"}
    if value is CURSOR_END:
        return {"$cursor": "end"}
    if isinstance(value, CursorAfter):
        return {"$cursor": {"after": value.opaque}}
    if isinstance(value, DocStatusPage):
        # As pairs: a JavaScript object would put ids that look like integers first.
        pairs = [[id, encode(record)] for id, record in value.docs.items()]
        return {"docs": {"$map": pairs}, "next_position": encode(value.next_position)}
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, numpy.ndarray):
        return value.tolist()
    if isinstance(value, BaseModel):
        return encode(value.model_dump())
    if dataclasses.is_dataclass(value):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, dict):
        return _encode_dict(value)
    if isinstance(value, (set, frozenset)):
        return {"$set": [encode(item) for item in value]}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _encode_dict(value: dict[Any, Any]) -> dict[str, Any]:
    # Enums that are strings are sent as their value, so only plain strings may stay keys.
    if not all(type(key) is str for key in value):
        return {"$map": [[encode(key), encode(item)] for key, item in value.items()]}
    if any(key.startswith("$") for key in value):
        return {"$object": [[key, encode(item)] for key, item in value.items()]}
    return {key: encode(item) for key, item in value.items()}


def decode(value: Any) -> Any:
    """The value that was sent."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(tag, content)] = value.items()
        if tag in ("$map", "$object"):
            return {decode(key): decode(item) for key, item in content}
        if tag == "$set":
            return {decode(item) for item in content}
        if tag == "$status":
            return DocStatus(content)
        if tag == "$tuple":
            return tuple(decode(item) for item in content)
        if tag == "$float":
            return float(content)
        if tag == "$cursor":
            return _decode_cursor(content)
    return {key: decode(item) for key, item in value.items()}


def _decode_cursor(content: Any) -> Any:
    if content == "start":
        return CURSOR_START
    return CursorAfter(content["after"])
