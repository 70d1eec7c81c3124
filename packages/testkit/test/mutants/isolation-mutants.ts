import type { StorageType } from "@tetrad/core";
import type { StorageImplementationTypes } from "@tetrad/core/plugin";
import { openReference, ReferencePlace, type TargetOptions } from "@tetrad/testkit";

import { type LifecycleFault, mutantOf, withSteps } from "./lifecycle-fault.ts";
import type { Mutant } from "./mutant.ts";
import { openTwoLevels } from "./two-level-storage.ts";

interface Name {
  readonly workspace: string;
  readonly namespace: string;
}

/** A place that keeps its data under other names than it is asked to. */
class MisnamingPlace extends ReferencePlace {
  readonly #place: ReferencePlace;
  readonly #rename: (name: Name) => Name;

  constructor(place: ReferencePlace, rename: (name: Name) => Name) {
    super();
    this.#place = place;
    this.#rename = rename;
  }

  override state<T>(kind: string, name: Name, create: () => T): T {
    return this.#place.state(kind, this.#rename(name), create);
  }
}

function misnamed(rename: (name: Name) => Name): LifecycleFault["open"] {
  return (type, place, options) => openReference(type, new MisnamingPlace(place, rename), options);
}

interface Dropped {
  readonly name: Name;
  drop(): Promise<unknown>;
}

/** A drop that takes along every storage of the place for which `takes` holds. */
function dropping(takes: (dropped: Name, other: Name) => boolean): LifecycleFault["open"] {
  return (type, place, options) => {
    const storage = openReference(type, place, options);
    const all = place.state("all", { workspace: "", namespace: "" }, (): Dropped[] => []);
    all.push({ name: options, drop: () => storage.drop() });
    return withSteps(storage, {
      async drop() {
        await storage.drop();
        for (const other of all) if (takes(options, other.name)) await other.drop();
      },
    });
  };
}

const ISOLATION_FAULTS: readonly LifecycleFault[] = [
  {
    name: "ignores-the-workspace",
    what: "all workspaces are one",
    caughtBy: ["workspaces-are-apart"],
    open: misnamed(({ namespace }) => ({ workspace: "", namespace })),
  },
  {
    name: "sanitises-the-workspace",
    what: "characters of a workspace's name that a table's name cannot hold become _",
    caughtBy: ["workspaces-are-apart"],
    open: misnamed(({ workspace, namespace }) => ({
      workspace: workspace.replaceAll(/[^A-Za-z0-9_]/g, "_"),
      namespace,
    })),
  },
  {
    name: "folds-the-workspace",
    what: "workspaces that differ in upper and lower case are one",
    caughtBy: ["workspaces-are-apart"],
    open: misnamed(({ workspace, namespace }) => ({ workspace: workspace.toLowerCase(), namespace })),
  },
  {
    name: "names-the-default-workspace-itself",
    what: "the default workspace has a name that another one may have too",
    caughtBy: ["workspaces-are-apart"],
    open: misnamed(({ workspace, namespace }) => ({ workspace: workspace || "team", namespace })),
  },
  {
    name: "runs-names-together",
    what: "workspace and namespace are joined by _, so that team_a + x is team + a_x",
    caughtBy: ["names-do-not-run-together"],
    open: misnamed(({ workspace, namespace }) => ({ workspace: "", namespace: `${workspace}_${namespace}` })),
  },
  {
    name: "ignores-the-namespace",
    what: "all namespaces of a workspace are one",
    caughtBy: ["namespaces-are-apart"],
    open: misnamed(({ workspace }) => ({ workspace, namespace: "" })),
  },
  {
    name: "drops-namespaces-that-begin-alike",
    what: "drop() deletes by prefix, and so other namespaces too",
    caughtBy: ["drop-keeps-other-namespaces"],
    open: dropping(
      (dropped, other) =>
        dropped.workspace === other.workspace && other.namespace.startsWith(dropped.namespace),
    ),
  },
  {
    name: "drops-the-whole-workspace",
    what: "drop() deletes every namespace of the workspace",
    caughtBy: ["drop-keeps-other-namespaces"],
    open: dropping((dropped, other) => dropped.workspace === other.workspace),
  },
  {
    name: "drops-all-workspaces",
    what: "drop() deletes the namespace in every workspace",
    caughtBy: ["drop"],
    open: dropping((dropped, other) => dropped.namespace === other.namespace),
  },
  {
    name: "state-of-its-own",
    what: "each instance works on the data as it was when it was opened",
    caughtBy: ["instances-share-commits"],
    open: (type, place, options) => openTwoLevels(type, place, options, { isPrivate: true }),
  },
  {
    name: "closes-for-all",
    what: "closing one instance closes the connection that the others share",
    caughtBy: ["instances-share-commits"],
    open: openOnOneConnection,
  },
];

function openOnOneConnection<Type extends StorageType>(
  type: Type,
  place: ReferencePlace,
  options: TargetOptions,
): StorageImplementationTypes[Type] {
  const connection = place.state("connection", { workspace: "", namespace: "" }, () => ({ isOpen: true }));
  connection.isOpen = true;
  const storage = openReference(type, place, options);
  return withSteps(refusing(storage, connection), {
    async finalize() {
      connection.isOpen = false;
    },
  });
}

/** A storage whose every method needs an open connection. */
function refusing<T extends object>(storage: T, connection: { readonly isOpen: boolean }): T {
  return new Proxy(storage, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== "function" || property === "constructor") return member;
      if (!connection.isOpen) throw new Error("the connection is closed");
      return member.bind(target);
    },
  });
}

/** Faults in what belongs to which workspace, namespace and instance. */
export function isolationMutants<Type extends StorageType>(type: Type): Mutant<Type>[] {
  return ISOLATION_FAULTS.map((fault) => mutantOf(type, fault));
}
