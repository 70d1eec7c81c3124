import type { GraphAttribute, GraphAttributes, JsonValue, NodePair } from "@tetrad/core";
import { compareCodePoints, setOwnField } from "@tetrad/core/plugin";
import { Double, type Filter, type ObjectId } from "mongodb";

import { fromStoredName, toStoredName } from "./stored-names.js";
import { decodeValue, encodeValue, type StoredDocument } from "./stored-values.js";

/** What is stored of an edge. */
export interface EdgeFields {
  /** The ends as they were written last. */
  source_node_id: string;
  target_node_id: string;
  /** The ends in code-point order. */
  edge_lo: string;
  edge_hi: string;
  [attribute: string]: unknown;
}

/** An edge as LightRAG keeps it: once, whatever its direction. */
export interface EdgeDocument extends EdgeFields {
  _id: ObjectId;
}

const NODE_OWN: ReadonlySet<string> = new Set(["_id", "source_ids"]);
const EDGE_OWN: ReadonlySet<string> = new Set([
  "_id",
  "source_ids",
  "source_node_id",
  "target_node_id",
  "edge_lo",
  "edge_hi",
]);
const SEPARATOR = "<SEP>";

/** What is stored of a node: its attributes, and the parts of `source_id`, as LightRAG keeps them. */
export function nodeDocument(id: string, attributes: GraphAttributes): StoredDocument {
  return { _id: id, entity_id: id, ...encodeAttributes(attributes, NODE_OWN) };
}

export function edgeFields([a, b]: NodePair, attributes: GraphAttributes): EdgeFields {
  const [edge_lo, edge_hi] = canonicalPair([a, b]);
  return {
    edge_lo,
    edge_hi,
    source_node_id: a,
    target_node_id: b,
    ...encodeAttributes(attributes, EDGE_OWN),
  };
}

export function nodeAttributes(document: Record<string, unknown>): GraphAttributes {
  return decodeAttributes(document, NODE_OWN);
}

export function edgeAttributes(document: Record<string, unknown>): GraphAttributes {
  return decodeAttributes(document, EDGE_OWN);
}

export function canonicalPair([a, b]: NodePair): NodePair {
  return compareCodePoints(a, b) <= 0 ? [a, b] : [b, a];
}

/** Finds an edge by its ends; the types are there for the partial index, which is not used without. */
export function edgeFilter(pair: NodePair): Filter<EdgeDocument> {
  const [lo, hi] = canonicalPair(pair);
  return { edge_lo: { $eq: lo, $type: "string" }, edge_hi: { $eq: hi, $type: "string" } };
}

/** Edges with an end among the ids. */
export function incidentFilter(ids: readonly string[]): Filter<EdgeDocument> {
  return { $or: [{ source_node_id: { $in: [...ids] } }, { target_node_id: { $in: [...ids] } }] };
}

function encodeAttributes(attributes: GraphAttributes, taken: ReadonlySet<string>): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes))
    setOwnField(encoded, toStoredName(name, taken), encodeAttribute(name, value));
  const sourceId = attributes["source_id"];
  if (typeof sourceId === "string") encoded["source_ids"] = sourceId === "" ? [] : sourceId.split(SEPARATOR);
  return encoded;
}

function encodeAttribute(name: string, value: GraphAttribute): unknown {
  const isWeight = name === "weight" && (typeof value === "number" || typeof value === "bigint");
  return isWeight ? new Double(Number(value)) : encodeValue(value);
}

function decodeAttributes(document: Record<string, unknown>, left: ReadonlySet<string>): GraphAttributes {
  const attributes: GraphAttributes = {};
  for (const [name, stored] of Object.entries(document)) {
    const value = left.has(name) ? null : decodeAttribute(decodeValue(stored));
    if (value !== null) setOwnField(attributes, fromStoredName(name), value);
  }
  return attributes;
}

/** Python may store what is no attribute: nothing is left out, and lists and objects are given as JSON. */
function decodeAttribute(value: JsonValue): GraphAttribute | null {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
