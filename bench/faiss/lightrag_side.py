"""LightRAG's side: does what a line of JSON asks for, and answers with what that took. See ../faiss.mjs."""

import asyncio
import json
import logging
import resource
import sys
import time

import numpy
from lightrag.kg.faiss_impl import FaissVectorDBStorage
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data
from lightrag.utils import EmbeddingFunc

# What the embedding function gives: text to vector, put here before the clock starts.
vectors_by_text = {}
storage = None
dimension = 0


async def embed(texts, **_):
    return numpy.stack([vectors_by_text[text] for text in texts])


def content_of(index, version):
    return f"Entity {index}, version {version} {'x' * 200}"


async def timed(action):
    start, cpu = time.perf_counter(), time.process_time()
    result = await action()
    ms, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"ms": ms * 1000, "cpu": cpu * 1000}, result


async def memory(_):
    with open("/proc/self/statm") as file:
        return {"rss": int(file.read().split()[1]) * resource.getpagesize()}


async def open_storage(request):
    global dimension
    dimension = request["dimension"]
    initialize_share_data(1)

    async def action():
        global storage
        storage = FaissVectorDBStorage(
            namespace="entities",
            workspace="",
            global_config={
                "working_dir": request["folder"],
                "embedding_batch_num": 1000,
                "vector_db_storage_cls_kwargs": {"cosine_better_than_threshold": -1},
            },
            embedding_func=EmbeddingFunc(embedding_dim=dimension, func=embed, max_token_size=8192),
            meta_fields={"entity_name", "source_id", "content", "file_path"},
        )
        await storage.initialize()
        if "query" in request:
            asked = numpy.fromfile(request["query"], dtype=numpy.float32)[:dimension]
            await storage.query("", 20, query_embedding=asked)

    return (await timed(action))[0]


async def upsert(request):
    rows = numpy.fromfile(request["vectors"], dtype=numpy.float32).reshape(-1, dimension)
    version, records = request["version"], {}
    vectors_by_text.clear()
    for index, row in zip(request["indexes"], rows):
        content = content_of(index, version)
        vectors_by_text[content] = row
        records[f"ent-{index}"] = {"entity_name": f"Entity {index}", "content": content}

    async def action():
        await storage.upsert(records)
        await storage.index_done_callback()

    return (await timed(action))[0]


async def delete(request):
    async def action():
        await storage.delete(request["ids"])
        await storage.index_done_callback()

    return (await timed(action))[0]


async def query(request):
    rows = numpy.fromfile(request["queries"], dtype=numpy.float32).reshape(-1, dimension)
    count, rounds = request["count"], request["rounds"]

    async def ask(at):
        return await storage.query("", 20, query_embedding=rows[at])

    found = [[hit["id"] for hit in await ask(at)] for at in range(count)]

    async def action():
        for time_ in range(count * rounds):
            await ask(time_ % count)

    took, _ = await timed(action)
    return {"ms": took["ms"] / (count * rounds), "cpu": took["cpu"] / (count * rounds), "found": found}


async def close(_):
    async def action():
        await storage.finalize()
        finalize_share_data()

    return (await timed(action))[0]


TASKS = {
    "memory": memory,
    "open": open_storage,
    "upsert": upsert,
    "delete": delete,
    "query": query,
    "close": close,
}


async def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        print("=" + json.dumps(await TASKS[request["task"]](request)), flush=True)


asyncio.run(main())
