"""Opens LightRAG's storages, and forgets all they share once the last is closed."""

from __future__ import annotations

import inspect
import os
from typing import Any

from lightrag.kg.factory import get_storage_class
from lightrag.kg.shared_storage import finalize_share_data, initialize_share_data

from .embedding import make_embedding


class Storages:
    """The open storages, by the handles that the other side knows them by."""

    def __init__(self) -> None:
        self._open: dict[int, Any] = {}
        self._next_handle = 1
        self._working_dir: str | None = None

    async def open(
        self,
        name: str,
        namespace: str,
        workspace: str,
        workingDir: str,
        dimension: int,
        cosineThreshold: float = 0.2,
        maxGraphNodes: int = 1000,
        metaFields: list[str] | None = None,
        vectorsFile: str | None = None,
        env: dict[str, str] | None = None,
    ) -> int:
        """Opens a storage by the name of its class. Gives its handle."""
        if not self._open:
            initialize_share_data(1)
            self._working_dir = workingDir
        elif workingDir != self._working_dir:
            # LightRAG keys what its storages share by workspace and namespace alone.
            raise ValueError(f"Storages in {self._working_dir} are still open")
        os.environ.update(env or {})
        arguments: dict[str, Any] = {
            "namespace": namespace,
            "workspace": workspace,
            "global_config": {
                "working_dir": workingDir,
                "embedding_batch_num": 10,
                "max_graph_nodes": maxGraphNodes,
                "vector_db_storage_cls_kwargs": {
                    "cosine_better_than_threshold": cosineThreshold
                },
            },
            "embedding_func": make_embedding(dimension, vectorsFile),
        }
        if metaFields is not None:
            arguments["meta_fields"] = set(metaFields)
        try:
            storage = get_storage_class(name)(**arguments)
            await storage.initialize()
        except BaseException:
            self._forget_if_unused()
            raise
        handle = self._next_handle
        self._next_handle += 1
        self._open[handle] = storage
        return handle

    async def call(
        self,
        storage: int,
        method: str,
        arguments: list[Any] | None = None,
        keywords: dict[str, Any] | None = None,
    ) -> Any:
        """Calls a public method of an open storage."""
        if method.startswith("_"):
            raise ValueError(f"{method} is not public")
        result = getattr(self._open[storage], method)(
            *(arguments or []), **(keywords or {})
        )
        return await result if inspect.isawaitable(result) else result

    async def close(self, storage: int) -> None:
        """Finalizes a storage."""
        instance = self._open.pop(storage)
        try:
            await instance.finalize()
        finally:
            self._forget_if_unused()

    async def version(self) -> str:
        """The release that is held against Tetrad."""
        from importlib.metadata import version

        return version("lightrag-hku")

    def _forget_if_unused(self) -> None:
        # As a new process would: the next storage reads its files.
        if not self._open:
            finalize_share_data()
