declare module "cluster-key-slot" {
  /** The slot of a cluster that a key is in, 0 to 16,383. */
  export default function calculateSlot(key: string): number;
}
