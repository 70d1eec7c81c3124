import { MongoClient } from "mongodb-6";

/** How a server on loopback is named to clients: `directConnection`, since it may be a replica set of one. */
export function mongoAddress(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`;
}

/** Whether a server of MongoDB's protocol answers. Driver 6 speaks to all of ours. */
export async function answersAsMongo(port: number): Promise<boolean> {
  return withMongo(port, async (client) => {
    await client.db("admin").command({ ping: 1 });
    return true;
  });
}

export async function withMongo<T>(port: number, action: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(mongoAddress(port), { serverSelectionTimeoutMS: 1000 });
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

/** The variables of LightRAG for a server; each test takes a database of its own. */
export function mongoVariables(port: number): Record<string, string> {
  return { MONGO_URI: mongoAddress(port), MONGO_DATABASE: "tetrad_tests" };
}
