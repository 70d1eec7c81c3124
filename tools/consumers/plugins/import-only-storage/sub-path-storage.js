import { MemoryKVStorage } from "./memory-storage.js";

export class SubPathKVStorage extends MemoryKVStorage {}
