"""LightRAG's side of redis.mjs: does what a line of JSON asks for, and answers with what that took."""

import asyncio
import json
import logging
import os
import sys
import time

storages = {}


def chunk(index, text):
    return {
        "content": f"{text} {index} " + "lorem ipsum dolor sit amet " * 38,
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
        "metadata": {"chunk_method": "legacy", "process_start_time": 1_795_216_763},
        "chunks_count": 40,
        "chunks_list": [f"doc-{index}-chunk-0123456789abcdef-{each}" for each in range(40)],
    }


def ids_of_round(turn, size, count):
    return [f"chunk-{(turn * 7919 + each * 104_729) % count}" for each in range(size)]


async def timed(action, times=1):
    start, cpu = time.perf_counter(), time.process_time()
    for turn in range(times):
        await action(turn)
    ms, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"ms": ms * 1000 / times, "cpu": cpu * 1000 / times}


async def open_storages(request):
    os.environ["REDIS_URI"] = request["uri"]
    from lightrag.kg.redis_impl import RedisDocStatusStorage, RedisKVStorage
    from lightrag.kg.shared_storage import initialize_share_data

    initialize_share_data(1)
    for name, storage_class, namespace in (
        ("chunks", RedisKVStorage, "text_chunks"),
        ("empty", RedisKVStorage, "entity_chunks"),
        ("docs", RedisDocStatusStorage, "doc_status"),
    ):
        storages[name] = storage_class(
            namespace=namespace, workspace="theirs", global_config={}, embedding_func=None
        )
        await storages[name].initialize()
    return {}


async def write_chunks(count, batch, text):
    records = [(f"chunk-{index}", chunk(index, text)) for index in range(count)]

    async def action(_):
        for start in range(0, count, batch):
            await storages["chunks"].upsert(dict(records[start : start + batch]))

    return await timed(action)


async def load_chunks(request):
    await storages["chunks"].drop()
    return await write_chunks(request["count"], request["batch"], "new")


async def replace_chunks(request):
    return await write_chunks(request["count"], request["batch"], "replaced")


async def read_chunks(request):
    async def action(_):
        for turn in range(request["times"]):
            await storages["chunks"].get_by_ids(ids_of_round(turn, request["size"], request["count"]))

    return await timed(action)


async def drop_chunks(_):
    await storages["chunks"].drop()
    return {}


async def load_documents(request):
    count, batch = request["count"], request["batch"]
    records = [(f"doc-{index}", document(index, count)) for index in range(count)]

    async def action(_):
        for start in range(0, count, batch):
            await storages["docs"].upsert(dict(records[start : start + batch]))

    return await timed(action)


def document_reads():
    from lightrag.base import DocStatus

    docs = storages["docs"]

    def page(field, **more):
        return docs.get_docs_paginated(page=1, page_size=50, sort_field=field, **more)

    return {
        "page of 50 by created_at": lambda: page("created_at"),
        "page of 50 by id": lambda: page("id"),
        "page of 50 by updated_at": lambda: page("updated_at"),
        "page of 50, failed ones by created_at": lambda: page(
            "created_at", status_filter=DocStatus.FAILED
        ),
        "counts": docs.get_status_counts,
        "listing of the failed ones (1 %)": lambda: docs.get_docs_by_statuses([DocStatus.FAILED]),
        "listing by track id (50)": lambda: docs.get_docs_by_track_id("track-7"),
        "by content hash": lambda: docs.get_doc_by_content_hash("hash-77"),
    }


async def read_documents(request):
    read = document_reads()[request["name"]]
    # What takes a second is not asked for many times.
    return await timed(lambda _: read(), min(request["times"], 2))


async def update_documents(request):
    return await timed(
        lambda turn: storages["docs"].update_doc_status_fields(f"doc-{turn}", {"chunks_count": turn}),
        request["times"],
    )


async def is_empty(_):
    return await timed(lambda _: storages["empty"].is_empty())


TASKS = {
    "open": open_storages,
    "load chunks": load_chunks,
    "replace chunks": replace_chunks,
    "read chunks": read_chunks,
    "drop chunks": drop_chunks,
    "load documents": load_documents,
    "read documents": read_documents,
    "update documents": update_documents,
    "is empty": is_empty,
}


async def main():
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        request = json.loads(line)
        result = await TASKS[request["task"]](request)
        print("=" + json.dumps(result), flush=True)
    for storage in storages.values():
        await storage.finalize()


asyncio.run(main())
