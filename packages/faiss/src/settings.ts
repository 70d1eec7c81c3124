import { defineSettings, type SettingValues } from "@tetrad/core/plugin";
import { fileSettings, type FileStorageOptions } from "@tetrad/file-engine";

/** What FAISS adds to the settings of storages on files. */
export const faissSettings = defineSettings({
  ...fileSettings,
  engine: {
    variable: "FAISS_ENGINE",
    type: "choice",
    choices: ["auto", "native", "portable"],
    default: "auto",
    description:
      "What searches: `native` is faiss through `faiss-node`, `portable` needs no native code, `auto` takes `native` where it loads and `FAISS_INDEX_FACTORY` asks for it",
    configIni: { section: "faiss", key: "engine" },
  },
  indexFactory: {
    variable: "FAISS_INDEX_FACTORY",
    type: "string",
    description:
      "An approximate index of faiss to search, for example `HNSW32` or `IVF1024,Flat`; by default search is exact",
    configIni: { section: "faiss", key: "index_factory" },
  },
  nodeModule: {
    variable: "FAISS_NODE_PATH",
    type: "string",
    description: "Folder of `faiss-node`, where it is not installed beside the application",
    configIni: { section: "faiss", key: "node_path" },
  },
});

export type FaissStorageOptions = FileStorageOptions & SettingValues<typeof faissSettings>;
