"""LightRAG's classes for MongoDB: takes seconds for what a file of JSON holds, and prints them as JSON."""

import asyncio
import json
import os
import sys
import time

from lightrag.kg.mongo_impl import MongoGraphStorage, MongoKVStorage
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data


async def main(data):
    initialize_share_data(1)
    arguments = {
        "workspace": "bench",
        "global_config": {"working_dir": ".", "max_graph_nodes": 1000, "embedding_batch_num": 10},
        "embedding_func": None,
    }
    kv = MongoKVStorage(namespace="full_docs", **arguments)
    graph = MongoGraphStorage(namespace="chunk_entity_relation", **arguments)
    await kv.initialize()
    await graph.initialize()
    seconds = {}

    async def take(name, work):
        start = time.perf_counter()
        await work
        seconds[name] = time.perf_counter() - start

    await take("records, new", kv.upsert(dict(data["records"])))
    await take("records, changed", kv.upsert(dict(data["changed"])))
    await take("nodes, new", graph.upsert_nodes_batch(data["nodes"]))
    await take("edges, new", graph.upsert_edges_batch(data["edges"]))
    await take("edges, again", graph.upsert_edges_batch(data["edges"]))
    await kv.finalize()
    await graph.finalize()
    finalize_share_data()
    print(json.dumps(seconds))


with open(sys.argv[1], encoding="utf-8") as file:
    loaded = json.load(file)
os.chdir(os.path.dirname(sys.argv[1]))
asyncio.run(main(loaded))
