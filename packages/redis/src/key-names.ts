import { InvalidArgumentError } from "@tetrad/core";

/** What LightRAG puts behind the name of a document namespace for its index, and while it makes that anew. */
const INDEX_SUFFIX = "__sched";
const REBUILD_SUFFIX = "__sched_rebuild";

interface StoragePlace {
  readonly workspace: string;
  readonly namespace: string;
}

/** The names of the keys of one storage. They are LightRAG's. */
export class KeyNames {
  /** LightRAG's name of the workspace and namespace together. */
  readonly physicalName: string;
  /** What all of them begin with, and perhaps keys of other storages too. */
  readonly name: string;
  /** Before the id, in the keys of rows. */
  readonly rowPrefix: string;
  /** Before the status, in the keys of the sorted sets. */
  readonly statusPrefix: string;
  /** Before the name of a file, in the keys of the sets. */
  readonly basenamePrefix: string;
  /** LightRAG's temporary keys. */
  readonly rebuildPrefix: string;

  private constructor(physicalName: string, name = physicalName) {
    this.physicalName = physicalName;
    this.name = name;
    this.rowPrefix = `${name}:`;
    this.statusPrefix = `${name}${INDEX_SUFFIX}:status:`;
    this.basenamePrefix = `${name}${INDEX_SUFFIX}:basename:`;
    this.rebuildPrefix = `${name}${REBUILD_SUFFIX}:`;
  }

  /** @throws InvalidArgumentError for a namespace whose keys would be another one's index */
  static of({ workspace, namespace }: StoragePlace): KeyNames {
    return new KeyNames(joinNames(workspace, namespace));
  }

  /** The same on a cluster, all in one slot, so that a row and its index change together. */
  static inOneSlot({ workspace, namespace }: StoragePlace): KeyNames {
    const name = joinNames(workspace, namespace);
    return new KeyNames(name, `{${name.replace(/[%{}]/g, encodeURIComponent)}}`);
  }

  row(id: string): string {
    return this.rowPrefix + id;
  }

  /** The id in the key of a row; `null` for keys of other storages. */
  idOf(key: string): string | null {
    return key.startsWith(this.rowPrefix) ? key.slice(this.rowPrefix.length) : null;
  }

  status(status: string): string {
    return this.statusPrefix + status;
  }

  /** Of LightRAG, while it makes the index anew. */
  rebuiltStatus(status: string): string {
    return `${this.rebuildPrefix}status:${status}`;
  }

  basename(name: string): string {
    return this.basenamePrefix + name;
  }
}

function joinNames(workspace: string, namespace: string): string {
  if (namespace.endsWith(INDEX_SUFFIX) || namespace.endsWith(REBUILD_SUFFIX)) {
    throw new InvalidArgumentError(
      `The namespace ${JSON.stringify(namespace)} ends like the index of documents on Redis; choose another one`,
    );
  }
  return workspace === "" ? namespace : `${workspace}_${namespace}`;
}

/** A pattern for keys with that beginning, whatever characters are in it. */
export function startsWithPattern(prefix: string): string {
  return `${prefix.replace(/[*?[\]^\-\\]/g, "\\$&")}*`;
}
