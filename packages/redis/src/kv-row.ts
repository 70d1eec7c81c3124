import type { StorageRecord } from "@tetrad/core";
import { stringifyJson } from "@tetrad/core/plugin";

/** A row on its way to the server, in three parts: the server may have to put `create_time` in the middle. */
export interface KVRow {
  readonly key: string;
  /** Up to the value of `create_time`. */
  readonly head: string;
  /** Empty where the server takes it from the row that is replaced. */
  readonly createTime: string;
  readonly tail: string;
}

export function encodeKVRow(key: string, id: string, record: StorageRecord): KVRow {
  const { create_time: createTime, update_time: updateTime, _id: _, ...fields } = record;
  const text = stringifyJson(fields);
  return {
    key,
    head: `${text === "{}" ? "{" : `${text.slice(0, -1)},`}"create_time":`,
    createTime: createTime === undefined ? "" : stringifyJson(createTime),
    tail: `,"update_time":${stringifyJson(updateTime ?? 0)},"_id":${JSON.stringify(id)}}`,
  };
}

/** About how many bytes it takes. */
export function sizeOfKVRow({ key, head, tail }: KVRow): number {
  return key.length + head.length + tail.length;
}
