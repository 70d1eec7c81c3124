import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { model: string; input: string[] };
}

export type Reply = (received: Received) => { status?: number; body: unknown } | null;

export const DIMENSION = 16;

/** A service with OpenAI's embedding interface on this machine; a reply of `null` is never sent. */
export async function startEmbeddingService(reply: Reply = embeddings) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      const call: Received = {
        path: request.url,
        authorization: request.headers.authorization,
        body: JSON.parse(text) as Received["body"],
      };
      received.push(call);
      const answer = reply(call);
      if (answer === null) return;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
      response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `http://127.0.0.1:${port}/v1`,
    received,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The usual answer, in reverse order: the index says which text a vector is of. */
export const embeddings: Reply = ({ body }) => ({
  body: { data: body.input.map((text, index) => ({ index, embedding: vectorOf(text) })).toReversed() },
});

export function vectorOf(text: string): number[] {
  return [...createHash("shake128", { outputLength: DIMENSION }).update(text).digest()].map(
    (byte) => byte / 255 - 0.5,
  );
}
