import { computeMdhashId } from "@tetrad/core";

import { faultyGuard } from "./mutant.ts";
import { faultyBuffer, faultyTable, type VectorMutant } from "./vector-fault.ts";

const ENTITY_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/entity-by-name",
    what: "deleteEntity takes the name for the id",
    caughtBy: ["vector/delete-entity"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({ deleteEntity: (name) => storage.delete([name]) })),
  },
  {
    id: "vector/entity-of-another-hash",
    what: "deleteEntity makes the id of the name in lower case",
    caughtBy: ["vector/delete-entity"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      deleteEntity: (name) => storage.delete([computeMdhashId(name.toLowerCase(), "ent-")]),
    })),
  },
  {
    id: "vector/entities-that-sound-alike",
    what: "deleteEntity deletes names that differ in accents too",
    caughtBy: ["vector/delete-entity"],
    open: faultyGuard("VECTOR_STORAGE", (storage) => ({
      async deleteEntity(name) {
        await storage.deleteEntity(name);
        await storage.deleteEntity(name.replace("A", "Å"));
      },
    })),
  },
];

/** Deletes by end that find other rows. */
function ending(isAtEnd: (name: string, source: unknown, target: unknown) => boolean): VectorMutant["open"] {
  return faultyTable((_, rows) => ({
    findByEndpoint: async (name) =>
      [...rows]
        .filter(([, { fields }]) => isAtEnd(name, fields["src_id"], fields["tgt_id"]))
        .map(([id]) => id),
  }));
}

const RELATION_MUTANTS: readonly VectorMutant[] = [
  {
    id: "vector/relations-from-a-name",
    what: "deleteEntityRelation leaves the rows that end at the name as target",
    caughtBy: ["vector/delete-entity-relation"],
    open: ending((name, source) => source === name),
  },
  {
    id: "vector/relations-to-a-name",
    what: "deleteEntityRelation leaves the rows that end at the name as source",
    caughtBy: ["vector/delete-entity-relation"],
    open: ending((name, _, target) => target === name),
  },
  {
    id: "vector/relations-stay",
    what: "deleteEntityRelation deletes nothing",
    caughtBy: ["vector/delete-entity-relation"],
    open: faultyBuffer(() => ({ deleteEntityRelation: async () => {} })),
  },
  {
    id: "vector/relations-at-the-commit",
    what: "deleteEntityRelation is carried out at the commit, and takes rows written later along",
    caughtBy: ["vector/delete-entity-relation"],
    open: faultyBuffer((storage) => {
      const names = new Set<string>();
      return {
        deleteEntityRelation: async (name) => void names.add(name),
        async indexDoneCallback(options) {
          for (const name of names) await storage.deleteEntityRelation(name);
          names.clear();
          await storage.indexDoneCallback(options);
        },
      };
    }),
  },
  {
    id: "vector/buffered-relations-stay",
    what: "deleteEntityRelation does not look at what is buffered",
    caughtBy: ["vector/delete-entity-relation"],
    open: faultyBuffer((storage, stored) => ({
      async deleteEntityRelation(name) {
        const ids: string[] = [];
        for await (const { id, fields } of stored.entries({ batchSize: 100 }))
          if (fields["src_id"] === name || fields["tgt_id"] === name) ids.push(id);
        await storage.delete(ids);
      },
    })),
  },
  {
    id: "vector/relations-of-old-ends",
    what: "deleteEntityRelation goes by the ends that rows had once",
    caughtBy: ["vector/delete-entity-relation-after-changes"],
    open: faultyTable((table) => {
      const ends = new Map<unknown, Set<string>>();
      return {
        async write(changes) {
          await table.write(changes);
          for (const { id, fields } of changes.rows) {
            for (const end of [fields["src_id"], fields["tgt_id"]])
              ends.set(end, (ends.get(end) ?? new Set()).add(id));
          }
        },
        findByEndpoint: async (name) => [...(ends.get(name) ?? [])],
      };
    }),
  },
  {
    id: "vector/relations-of-first-ends",
    what: "the ends of a row are those it was first written with",
    caughtBy: ["vector/delete-entity-relation-after-changes"],
    open: faultyTable((table) => {
      const ends = new Map<string, readonly unknown[]>();
      return {
        async write(changes) {
          await table.write(changes);
          for (const { id, fields } of changes.rows)
            if (!ends.has(id)) ends.set(id, [fields["src_id"], fields["tgt_id"]]);
        },
        findByEndpoint: async (name) => [...ends].filter(([, each]) => each.includes(name)).map(([id]) => id),
      };
    }),
  },
  {
    id: "vector/relations-of-names-in-any-case",
    what: "deleteEntityRelation does not tell upper from lower case",
    caughtBy: ["vector/delete-relations-of-hostile-names"],
    open: ending((name, source) => String(source).toLowerCase() === name.toLowerCase()),
  },
  {
    id: "vector/relations-of-quoted-names",
    what: "a quote in the name ends the filter that it is put into",
    caughtBy: ["vector/delete-relations-of-hostile-names"],
    open: ending((name, source) => !name.includes("'") && source === name),
  },
];

/** Faults in deleting entities and relations by name. */
export const VECTOR_RELATION_MUTANTS: readonly VectorMutant[] = [...ENTITY_MUTANTS, ...RELATION_MUTANTS];
