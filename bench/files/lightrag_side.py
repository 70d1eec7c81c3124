"""LightRAG's side: does what a line of JSON asks for, and answers with what that took. See side.mjs."""

import asyncio
import json
import logging
import re
import resource
import sys
import time

import numpy
from lightrag.base import DocStatus
from lightrag.kg.json_doc_status_impl import JsonDocStatusStorage
from lightrag.kg.json_kv_impl import JsonKVStorage
from lightrag.kg.nano_vector_db_impl import NanoVectorDBStorage
from lightrag.kg.networkx_impl import NetworkXStorage
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data
from lightrag.utils import EmbeddingFunc

DIMENSION = 1536

# What the embedding function gives: text to vector, put here before the clock starts.
vectors_by_text = {}


async def embed(texts, **_):
    return numpy.stack([vectors_by_text[text] for text in texts])


async def upsert_records(storage, data):
    await storage.upsert(dict(data["records"]))


async def upsert_graph(storage, data):
    await storage.upsert_nodes_batch(data["records"])
    await storage.upsert_edges_batch(data["edges"])


async def read_id(storage, asked):
    return await storage.get_by_id(asked["id"])


async def query(storage, asked):
    return await storage.query("", 20, query_embedding=asked["vector"])


STATUSES = [DocStatus.PENDING, DocStatus.PROCESSING, DocStatus.FAILED]

KINDS = {
    "kv": {
        "class": JsonKVStorage,
        "namespace": "text_chunks",
        "upsert": upsert_records,
        "first read": read_id,
        "reads": {
            "100 records": lambda storage, asked: storage.get_by_ids(asked["ids"]),
            "which of 100 are missing": lambda storage, asked: storage.filter_keys(set(asked["ids"])),
        },
    },
    "status": {
        "class": JsonDocStatusStorage,
        "namespace": "doc_status",
        "upsert": upsert_records,
        "first read": read_id,
        "reads": {
            "page of 50": lambda storage, _: storage.get_docs_paginated(page=1, page_size=50),
            "page of 50, one status": lambda storage, _: storage.get_docs_paginated(
                status_filter=DocStatus.FAILED, page=1, page_size=50
            ),
            "counts": lambda storage, _: storage.get_status_counts(),
            "by track id": lambda storage, asked: storage.get_docs_by_track_id(asked["track"]),
            "by basename": lambda storage, asked: storage.get_doc_by_file_basename(asked["name"]),
            "by statuses, 5 %": lambda storage, _: storage.get_docs_by_statuses(STATUSES),
        },
    },
    "vectors": {
        "class": NanoVectorDBStorage,
        "namespace": "entities",
        "more": {"meta_fields": {"entity_name", "source_id", "content", "file_path"}},
        "upsert": upsert_records,
        "first read": query,
        "reads": {
            "100 vectors by id": lambda storage, asked: storage.get_vectors_by_ids(asked["ids"]),
            "top 20": query,
        },
    },
    "graph": {
        "class": NetworkXStorage,
        "namespace": "chunk_entity_relation",
        "upsert": upsert_graph,
        "first read": lambda storage, asked: storage.get_node(asked["id"]),
        "reads": {
            "300 popular labels": lambda storage, _: storage.get_popular_labels(300),
            "label search, few found": lambda storage, _: storage.search_labels("gamma 12"),
            "label search, all found": lambda storage, _: storage.search_labels("entity"),
            "100 nodes": lambda storage, asked: storage.get_nodes_batch(asked["ids"]),
            "100 degrees": lambda storage, asked: storage.node_degrees_batch(asked["ids"]),
            "neighbourhood of a label": lambda storage, asked: storage.get_knowledge_graph(asked["ids"][0]),
            "1,000 nodes of *": lambda storage, _: storage.get_knowledge_graph("*"),
        },
    },
}

kind = None
storage = None


async def open_storage(folder):
    settings = {
        "working_dir": folder,
        # Larger than the usual 10: what is measured is the storage, not the making of batches.
        "embedding_batch_num": 1000,
        "max_graph_nodes": 1000,
        "vector_db_storage_cls_kwargs": {"cosine_better_than_threshold": 0.2},
    }
    initialize_share_data(1)
    opened = kind["class"](
        namespace=kind["namespace"],
        workspace="",
        global_config=settings,
        embedding_func=EmbeddingFunc(embedding_dim=DIMENSION, func=embed, max_token_size=8192),
        **kind.get("more", {}),
    )
    await opened.initialize()
    return opened


def read_lines(path):
    with open(path, encoding="utf8") as file:
        return [json.loads(line) for line in file]


def read_data(paths):
    data = {"records": read_lines(paths["records"])}
    if "edges" in paths:
        data["edges"] = read_lines(paths["edges"])
    if "vectors" in paths:
        rows = numpy.fromfile(paths["vectors"], dtype=numpy.float32).reshape(-1, DIMENSION)
        give_vectors(data["records"], rows)
    return data


def give_vectors(records, rows):
    vectors_by_text.clear()
    for (_, fields), row in zip(records, rows):
        vectors_by_text[fields["content"]] = row


def prepare(changes):
    if "vectors" in changes:
        give_vectors(changes["records"], numpy.array(changes["vectors"], dtype=numpy.float32))
    if "edges" in changes:
        return {name: [tuple(row) for row in changes[name]] for name in ("records", "edges")}
    return changes


def bytes_written():
    with open("/proc/self/io") as file:
        return int(re.search(r"^wchar: (\d+)$", file.read(), re.M).group(1))


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def timed(action, times=1):
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        await action()
    ms, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"ms": ms * 1000 / times, "cpu": cpu * 1000 / times}


async def choose_kind(request):
    global kind
    kind = KINDS[request["kind"]]
    return {}


async def memory(_):
    return {"rss": resident()}


async def open_and_read(request):
    asked = request["asked"]
    if "vector" in asked:
        asked["vector"] = numpy.array(asked["vector"], dtype=numpy.float32)

    async def action():
        global storage
        storage = await open_storage(request["folder"])
        await kind["first read"](storage, asked)

    return await timed(action)


async def close():
    # Not every class of LightRAG has something to finalize.
    await storage.finalize()
    finalize_share_data()


async def load(request):
    global storage
    data = read_data(request["data"])
    storage = await open_storage(request["folder"])

    async def action():
        size = request.get("batch")
        if size is None:
            await kind["upsert"](storage, data)
        else:
            records = data["records"]
            for start in range(0, len(records), size):
                await kind["upsert"](storage, {"records": records[start : start + size]})
        await storage.index_done_callback()
        await close()

    return await timed(action)


async def commit(request):
    changes = prepare(request["changes"])
    before = bytes_written()

    async def action():
        await kind["upsert"](storage, changes)
        await storage.index_done_callback()

    result = await timed(action)
    return {**result, "bytes": bytes_written() - before}


async def read(request):
    asked = request["asked"]
    if "vector" in asked:
        asked["vector"] = numpy.array(asked["vector"], dtype=numpy.float32)
    action = kind["reads"][request["name"]]
    return await timed(lambda: action(storage, asked), request["times"])


async def close_storage(_):
    return await timed(close)


TASKS = {
    "kind": choose_kind,
    "memory": memory,
    "open": open_and_read,
    "load": load,
    "commit": commit,
    "read": read,
    "close": close_storage,
}


async def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        result = await TASKS[request["task"]](request)
        print("=" + json.dumps(result), flush=True)


asyncio.run(main())
