"""LightRAG's side of postgres.mjs: does what a line of JSON asks for, and answers with what that took."""

import asyncio
import json
import logging
import os
import re
import sys
import time

DIMENSION = 384
storages = {}
vectors = {}


def chunk(index):
    return {
        "content": f"chunk {index} " + "lorem ipsum dolor sit amet " * 40,
        "tokens": 256,
        "chunk_order_index": index % 40,
        "full_doc_id": f"doc-{index // 40}",
        "file_path": f"file-{index // 40}.txt",
        "llm_cache_list": [f"default:extract:{index}"],
    }


def document(index, count):
    return {
        "status": "failed" if index % 100 == 7 else "processed",
        "content_summary": "what it is about " * 14,
        "content_length": 50_000,
        "created_at": f"2026-01-01T00:00:00.{index:06d}+00:00",
        "updated_at": f"2026-01-02T00:00:00.{index * 7919 % count:06d}+00:00",
        "file_path": f"file-{index}.txt",
        "track_id": f"track-{index // 50}",
        "content_hash": f"hash-{index}",
        "metadata": {"chunk_method": "legacy"},
        "chunks_count": 4,
        "chunks_list": [f"doc-{index}-chunk-{each}" for each in range(4)],
    }


def entity(index):
    return {
        "content": f"entity {index}",
        "entity_name": f"entity {index}",
        "source_id": f"chunk-{index}",
        "file_path": "a.txt",
    }


def vector_of(text):
    found = re.search(r"\d+", text)
    state = (int(found.group() if found else 0) * 2_654_435_761 + 1) % 4_294_967_296
    numbers = []
    for _ in range(DIMENSION):
        state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
        numbers.append(state / 2_147_483_648 - 1)
    return numbers


def node(index):
    return {
        "entity_id": f"node {index}",
        "entity_type": "person",
        "description": f"what is known of {index} " + "and more " * 12,
        "source_id": f"chunk-{index}",
        "file_path": "a.txt",
    }


def edge(index, nodes):
    target = (index * 7919 + 1 + index // nodes) % nodes
    if target == index % nodes:
        target = (target + 1) % nodes
    return (
        f"node {index % nodes}",
        f"node {target}",
        {"weight": 1.0, "description": "knows", "keywords": "a,b", "source_id": f"chunk-{index}", "file_path": "a.txt"},
    )


async def timed(action, times=1):
    start, cpu = time.perf_counter(), time.process_time()
    for turn in range(times):
        await action(turn)
    ms, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"ms": ms * 1000 / times, "cpu": cpu * 1000 / times}


async def load(count, batch, make, write):
    rows = [make(index) for index in range(count)]

    async def action(_):
        for start in range(0, count, batch):
            await write(rows[start : start + batch])

    return await timed(action)


async def embed(texts, **_):
    import numpy

    return numpy.array([vectors.get(text) or vector_of(text) for text in texts], dtype=numpy.float32)


async def open_storages(request):
    os.environ.update(request["variables"])
    from lightrag.kg import pgtable_impl, postgres_impl
    from lightrag.kg.shared_storage import initialize_share_data
    from lightrag.utils import EmbeddingFunc

    initialize_share_data(1)
    embedding = EmbeddingFunc(embedding_dim=DIMENSION, func=embed, max_token_size=8192, model_name="bench")
    config = {
        "embedding_batch_num": 1000,
        "max_graph_nodes": 1000,
        "vector_storage": "PGVectorStorage",
        "vector_db_storage_cls_kwargs": {"cosine_better_than_threshold": -1},
    }
    for name, storage_class, namespace, fields in (
        ("chunks", postgres_impl.PGKVStorage, "text_chunks", None),
        ("docs", postgres_impl.PGDocStatusStorage, "doc_status", None),
        (
            "vectors",
            postgres_impl.PGVectorStorage,
            "entities",
            {"entity_name", "source_id", "content", "file_path"},
        ),
        ("graph", pgtable_impl.PGTableGraphStorage, "chunk_entity_relation", None),
    ):
        more = {} if fields is None else {"meta_fields": fields}
        storages[name] = storage_class(
            namespace=namespace, workspace="theirs", global_config=config, embedding_func=embedding, **more
        )
        await storages[name].initialize()
    return {}


async def drop(request):
    await storages[request["storage"]].drop()
    return {}


async def load_chunks(request):
    return await load(
        request["count"],
        request["batch"],
        lambda index: (f"chunk-{index}", chunk(index)),
        lambda rows: storages["chunks"].upsert(dict(rows)),
    )


async def read_chunks(request):
    count = request["count"]
    return await timed(
        lambda turn: storages["chunks"].get_by_ids(
            [f"chunk-{(turn * 7919 + each * 104_729) % count}" for each in range(100)]
        ),
        100,
    )


async def load_vectors(request):
    for index in range(request["count"]):
        vectors[f"entity {index}"] = vector_of(f"entity {index}")

    async def write(rows):
        await storages["vectors"].upsert(dict(rows))
        await storages["vectors"].index_done_callback()

    return await load(
        request["count"], request["batch"], lambda index: (f"ent-{index}", entity(index)), write
    )


async def search(request):
    return await timed(lambda turn: storages["vectors"].query(f"entity {turn * 7}", 20), request["times"])


async def load_graph(request):
    nodes, batch = request["nodes"], request["batch"]
    first = await load(
        nodes,
        batch,
        lambda index: (f"node {index}", node(index)),
        lambda rows: storages["graph"].upsert_nodes_batch(rows),
    )
    second = await load(
        request["edges"],
        batch,
        lambda index: edge(index, nodes),
        lambda rows: storages["graph"].upsert_edges_batch(rows),
    )
    return {key: first[key] + second[key] for key in first}


async def neighbourhood(request):
    return await timed(
        lambda turn: storages["graph"].get_knowledge_graph(f"node {turn}", max_depth=3, max_nodes=1000),
        request["times"],
    )


async def load_documents(request):
    count = request["count"]
    return await load(
        count,
        request["batch"],
        lambda index: (f"doc-{index}", document(index, count)),
        lambda rows: storages["docs"].upsert(dict(rows)),
    )


async def page(request):
    from lightrag.base import DocStatus

    pages = {
        "by created_at": {"sort_field": "created_at"},
        "by updated_at": {"sort_field": "updated_at"},
        "failed ones by updated_at": {"sort_field": "updated_at", "status_filter": DocStatus.FAILED},
    }

    def read(_):
        return storages["docs"].get_docs_paginated(
            page=request["page"], page_size=50, **pages[request["name"]]
        )

    await read(0)
    return await timed(read, request["times"])


async def counts(request):
    return await timed(lambda _: storages["docs"].get_status_counts(), request["times"])


TASKS = {
    "open": open_storages,
    "drop": drop,
    "load chunks": load_chunks,
    "read chunks": read_chunks,
    "load vectors": load_vectors,
    "search": search,
    "load graph": load_graph,
    "neighbourhood": neighbourhood,
    "load documents": load_documents,
    "page": page,
    "counts": counts,
}


async def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        result = await TASKS[request.pop("task")](request)
        print("=" + json.dumps(result), flush=True)
    for storage in storages.values():
        await storage.finalize()


asyncio.run(main())
