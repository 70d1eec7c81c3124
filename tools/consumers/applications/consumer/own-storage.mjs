export { MemoryKVStorage as OwnKVStorage } from "default-storage";
