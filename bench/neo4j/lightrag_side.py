"""LightRAG's Neo4j storage: reads a command a line, answers with milliseconds and a figure to check."""

import asyncio
import json
import os
import sys
import time

from lightrag.kg.neo4j_impl import Neo4JStorage
from lightrag.kg.shared_storage import initialize_share_data


async def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    initialize_share_data(1)
    storage = Neo4JStorage(
        namespace="chunk_entity_relation",
        workspace=sys.argv[2],
        global_config={"max_graph_nodes": 1000},
        embedding_func=None,
    )
    await storage.initialize()
    nodes = [(id, {"entity_id": id, **attributes}) for id, attributes in data["nodes"]]
    edges = [(a, b, {**attributes, "weight": float(attributes["weight"])}) for a, b, attributes in data["edges"]]

    async def nothing() -> int:
        return 0

    async def write_nodes() -> int:
        await storage.upsert_nodes_batch(nodes)
        return len(nodes)

    async def write_edges() -> int:
        await storage.upsert_edges_batch(edges)
        return len(edges)

    async def drop() -> int:
        await storage.drop()
        return 0

    async def neighbourhood() -> int:
        graph = await storage.get_knowledge_graph("hub", max_depth=3, max_nodes=1000)
        return len(graph.nodes)

    async def popular() -> int:
        return len(await storage.get_popular_labels(300))

    async def search(query: str) -> int:
        return len(await storage.search_labels(query, 50))

    commands = {
        "ready": nothing,
        "nodes": write_nodes,
        "edges": write_edges,
        "drop": drop,
        "neighbourhood": neighbourhood,
        "popular": popular,
        "search": search,
    }
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command, *arguments = json.loads(line)
        start = time.perf_counter()
        figure = await commands[command](*arguments)
        took = (time.perf_counter() - start) * 1000
        answers.write(json.dumps([took, figure]) + "\n")
        answers.flush()
    await storage.finalize()


asyncio.run(main())
