"""An embedding that gives the same vectors as the TypeScript side."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy
from lightrag.utils import EmbeddingFunc


def hash_vector(text: str, dimension: int) -> numpy.ndarray:
    """Components between -1 and 1 made from the md5 of the text: `hashVector` of the test kit."""
    blocks = -(-dimension // 8)
    data = b"".join(
        hashlib.md5(f"{block}:{text}".encode("utf-8")).digest()
        for block in range(blocks)
    )
    return numpy.frombuffer(data, dtype="<i2")[:dimension].astype(numpy.float32) / 32768


def make_embedding(dimension: int, vectors_file: str | None) -> EmbeddingFunc:
    """Known vectors for the texts in the file, and those of their hash for all others."""
    known: dict[str, Any] = {}
    if vectors_file is not None:
        with open(vectors_file, encoding="utf-8") as file:
            known = json.load(file)

    async def embed(texts: list[str], **_: Any) -> numpy.ndarray:
        vectors = [
            known[text] if text in known else hash_vector(text, dimension)
            for text in texts
        ]
        return numpy.array(vectors, dtype=numpy.float32)

    return EmbeddingFunc(embedding_dim=dimension, func=embed, max_token_size=8192)
