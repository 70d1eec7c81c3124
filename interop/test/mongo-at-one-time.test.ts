import { describe, expect, test } from "vitest";

import { mongoBackend } from "../src/mongo-backends.ts";
import { describeEachMongoServer } from "./each-mongo-server.ts";
import { useTwoSides } from "./two-sides.ts";

const ROUNDS = 10;

describeEachMongoServer("Python and Tetrad at one time", (service) => {
  describe("records", () => {
    const sides = useTwoSides(mongoBackend("KV_STORAGE", "MongoKVStorage", service), {
      namespace: "full_docs",
      workspace: "tenant",
    });

    test("names that MongoDB cannot hold come to Python escaped, and back as they were", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      const record = { "a.b": 1, $set: 2, "": 3, _bsontype: "Long", plain: { "c.d": 4 } };
      await tetrad.upsert({ a: record });
      const escaped = {
        "tetrad:key:a%2Eb": 1,
        "tetrad:key:%24set": 2,
        "tetrad:key:": 3,
        "tetrad:key:_bsontype": "Long",
        plain: { "tetrad:key:c%2Ed": 4 },
      };
      expect(await python.getById("a")).toMatchObject(escaped);
      await python.upsert({ b: escaped });
      expect(await tetrad.getById("b")).toMatchObject(record);
      await tetrad.finalize();
    });

    test("what either writes is there, each record whole", async () => {
      const [python, tetrad] = [await sides.python(), await sides.tetrad()];
      const ids = Array.from({ length: ROUNDS }, (_, index) => index);
      await Promise.all(
        ids.flatMap((index) => [
          python.upsert({ [`p${index}`]: { by: "python", index } }),
          tetrad.upsert({ [`t${index}`]: { by: "tetrad", index } }),
        ]),
      );
      // Once it is there, both replace it: an update of all fields, or the record.
      await tetrad.upsert({ shared: { by: "nobody", index: -1 } });
      for (const index of ids) {
        await Promise.all([
          python.upsert({ shared: { by: `python ${index}`, index } }),
          tetrad.upsert({ shared: { by: `tetrad ${index}`, index } }),
        ]);
        expect(await tetrad.getById("shared")).toMatchObject({
          by: expect.stringMatching(`^(python|tetrad) ${index}$`),
          index,
        });
      }
      for (const side of [python, tetrad]) {
        for (const [letter, by] of [
          ["p", "python"],
          ["t", "tetrad"],
        ] as const)
          expect(await side.getByIds(ids.map((index) => `${letter}${index}`))).toMatchObject(
            ids.map((index) => ({ by, index })),
          );
      }
      await tetrad.finalize();
    });
  });

  describe("a graph", () => {
    const sides = useTwoSides(mongoBackend("GRAPH_STORAGE", "MongoGraphStorage", service), {
      namespace: "chunk_entity_relation",
      workspace: "tenant",
    });

    test("an edge that both write, each in its direction, is one", async () => {
      // First, so that the index is there that Python cannot make on FerretDB.
      const tetrad = await sides.tetrad();
      const python = await sides.python();
      await tetrad.upsertNode("hub", { entity_type: "hub" });
      for (let index = 0; index < ROUNDS; index += 1) {
        const outcomes = await Promise.allSettled([
          tetrad.upsertEdge("hub", `n${index}`, { weight: 1 }),
          python.upsertEdge(`n${index}`, "hub", { weight: 2 }),
        ]);
        // Python does not try again where Tetrad was faster.
        expect(outcomes[0].status).toBe("fulfilled");
      }
      for (const side of [python, tetrad]) {
        expect(await side.nodeDegree("hub")).toBe(ROUNDS);
        expect((await side.getNodeEdges("hub"))?.length).toBe(ROUNDS);
      }
      await tetrad.finalize();
    });
  });
});
