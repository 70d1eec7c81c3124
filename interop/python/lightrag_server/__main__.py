"""Reads requests from stdin, a JSON object a line, and answers each on stdout.

    {"id": 1, "operation": "open", "with": {"name": "JsonKVStorage", ...}}
    {"id": 1, "result": 1}
    {"id": 2, "operation": "call", "with": {"storage": 1, "method": "get_by_id", "arguments": ["a"]}}
    {"id": 2, "error": {"type": "ValueError", "message": "..."}}

Ends with its input. `--without MODULE` hides an installed module from LightRAG.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from typing import Any


async def serve(requests: Any, answers: Any) -> None:
    from .storages import Storages
    from .wire import decode, encode

    storages = Storages()
    operations = {
        "open": storages.open,
        "call": storages.call,
        "close": storages.close,
        "version": storages.version,
    }
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, requests.readline):
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request["id"]}
        try:
            operation = operations[request["operation"]]
            answer["result"] = encode(await operation(**decode(request["with"])))
        except Exception as error:  # Whatever it is, the other side has to hear of it.
            answer["error"] = {"type": type(error).__name__, "message": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="lightrag_server")
    parser.add_argument("--without", action="append", default=[], metavar="MODULE")
    for module in parser.parse_args().without:
        sys.modules[module] = None  # type: ignore[assignment]
    # What LightRAG prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    asyncio.run(serve(requests, answers))


main()
