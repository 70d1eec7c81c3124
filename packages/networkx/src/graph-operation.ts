import { Buffer } from "node:buffer";

import type { GraphAttributes, NodePair } from "@tetrad/core";
import { type RowOperation, SnapshotSyntaxError } from "@tetrad/file-engine";

import { attributeShapes } from "./attribute-shape.js";
import { EncodedAttributes, encodeAttributes } from "./encoded-attributes.js";
import type { GraphContent } from "./graph-content.js";
import { pairKey, pairOf } from "./pair-key.js";

/*
 * What may happen to a graph, as it was asked for: all of it is evaluated when it is applied. The
 * key of a node is its id, the one of an edge its `pairKey`. The body of a merge is the given
 * attributes, encoded; removals have none.
 */
const MERGE_NODE = 1;
const REMOVE_NODE = 2;
/** An edge whose source is the end that sorts first. */
const MERGE_EDGE = 3;
/** An edge whose source is the other end. */
const MERGE_REVERSED_EDGE = 4;
const REMOVE_EDGE = 5;

const EMPTY_BODY = Buffer.alloc(0);

/** A merge of this process: what is given was checked already, and need not be read from the body. */
abstract class Merge implements RowOperation {
  abstract readonly type: number;
  readonly key: string;
  readonly attributes: EncodedAttributes;

  constructor(key: string, attributes: GraphAttributes) {
    this.key = key;
    this.attributes = encodeAttributes(attributes, attributeShapes);
  }

  get body(): Uint8Array {
    return this.attributes.bytes;
  }

  get bodyLength(): number {
    return this.attributes.length;
  }
}

class NodeMerge extends Merge {
  readonly type = MERGE_NODE;
}

class EdgeMerge extends Merge {
  readonly type: number;
  readonly source: string;
  readonly target: string;

  constructor(source: string, target: string, attributes: GraphAttributes) {
    super(pairKey(source, target), attributes);
    this.type = source <= target ? MERGE_EDGE : MERGE_REVERSED_EDGE;
    this.source = source;
    this.target = target;
  }
}

export function nodeMerge(id: string, attributes: GraphAttributes): RowOperation {
  return new NodeMerge(id, attributes);
}

export function edgeMerge(source: string, target: string, attributes: GraphAttributes): RowOperation {
  return new EdgeMerge(source, target, attributes);
}

/** The node with its edges. */
export function nodeRemoval(id: string): RowOperation {
  return { type: REMOVE_NODE, key: id, body: EMPTY_BODY };
}

export function edgeRemoval([a, b]: NodePair): RowOperation {
  return { type: REMOVE_EDGE, key: pairKey(a, b), body: EMPTY_BODY };
}

export function isMerge({ type }: RowOperation): boolean {
  return type === MERGE_NODE || isEdgeMerge(type);
}

export function isOfNode({ type }: RowOperation): boolean {
  return type === MERGE_NODE || type === REMOVE_NODE;
}

/** @throws SnapshotSyntaxError where the operation cannot be understood; nothing is changed then */
export function applyOperation(content: GraphContent, operation: RowOperation): void {
  if (operation instanceof NodeMerge) {
    content.mergeNode(operation.key, operation.attributes);
    return;
  }
  if (operation instanceof EdgeMerge) {
    const { source, target, attributes, key } = operation;
    content.mergeEdge(source, target, attributes, key);
    return;
  }
  const { type, key, body } = operation;
  if (isMerge(operation)) {
    const given = EncodedAttributes.decode(body, content.shapes);
    if (type === MERGE_NODE) content.mergeNode(key, given);
    else mergeEdge(content, operation, given);
    return;
  }
  if (body.length > 0) throw new SnapshotSyntaxError("a removal has a body");
  if (type === REMOVE_NODE) content.removeNode(key);
  else if (type === REMOVE_EDGE) content.edges.delete(key);
  else throw new SnapshotSyntaxError(`there is no operation of type ${type}`);
}

function isEdgeMerge(type: number): boolean {
  return type === MERGE_EDGE || type === MERGE_REVERSED_EDGE;
}

function mergeEdge(content: GraphContent, { type, key }: RowOperation, given: EncodedAttributes): void {
  const [first, second] = pairOf(key);
  if (type === MERGE_EDGE) content.mergeEdge(first, second, given);
  else content.mergeEdge(second, first, given);
}
