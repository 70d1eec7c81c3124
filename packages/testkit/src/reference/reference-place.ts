/** Where the reference storages keep their data: what a folder or a server is to a real backend. */
export class ReferencePlace {
  readonly #states = new Map<string, unknown>();

  /** The state of one kind of storage in a workspace and namespace, made at first use. */
  state<T>(
    kind: string,
    options: { readonly workspace: string; readonly namespace: string },
    create: () => T,
  ): T {
    const key = JSON.stringify([kind, options.workspace, options.namespace]);
    if (!this.#states.has(key)) this.#states.set(key, create());
    return this.#states.get(key) as T;
  }

  clear(): void {
    this.#states.clear();
  }
}
