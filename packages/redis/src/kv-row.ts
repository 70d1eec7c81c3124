import type { StorageRecord } from "@tetrad/core";
import { stringifyJson } from "@tetrad/core/plugin";

/** A row on its way to the server. */
export interface KVRow {
  readonly key: string;
  readonly text: string;
  /** Bytes behind the value of `create_time`, which the server may have to change; 0 where it is the caller's. */
  readonly bytesAfterTime: number;
}

/** @param now whole seconds since 1970 */
export function encodeKVRow(key: string, id: string, record: StorageRecord, now: number): KVRow {
  const { create_time: createTime, update_time: updateTime, _id: _, ...fields } = record;
  const text = stringifyJson(fields);
  const head = text === "{}" ? "{" : `${text.slice(0, -1)},`;
  const time = createTime === undefined ? String(now) : stringifyJson(createTime);
  const tail = `,"update_time":${stringifyJson(updateTime ?? 0)},"_id":${JSON.stringify(id)}}`;
  return {
    key,
    text: `${head}"create_time":${time}${tail}`,
    bytesAfterTime: createTime === undefined ? Buffer.byteLength(tail) : 0,
  };
}

/** About how many bytes it takes. */
export function sizeOfKVRow({ key, text }: KVRow): number {
  return key.length + text.length;
}
