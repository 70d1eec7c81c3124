/** For backends that keep vectors in files: what they share, whatever their files look like. */
export {
  FileVectorTable,
  type SearchableVectors,
  type VectorFileKind,
  type VectorHit,
} from "./file-vector-table.js";
export { FileVectorStorage, type VectorFile } from "./file-vector-storage.js";
export { bytesOf, floatsOf, IS_BIG_ENDIAN, littleEndian } from "./float32-bytes.js";
export { type RowForm, standsAt } from "./put-row.js";
export { isNewer, membersOf, openingOf, parseRow, stampOf } from "./row-text.js";
export { RowTexts, type TextPlace } from "./row-texts.js";
export { type FileVectorRow, type IndexedVectors, VectorContent } from "./vector-content.js";
export { deleteRow, deleteRowsByEnd, VectorOperations } from "./vector-operations.js";
export { checkSpace, type VectorSpace } from "./vector-space.js";
