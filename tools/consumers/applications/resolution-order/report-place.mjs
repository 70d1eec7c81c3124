/** Loads a storage by the copy of core at a URL, perhaps from a place; tells where it was found. */
const [coreUrl, resolveFrom] = process.argv.slice(2);
const { loadStorageClass } = await import(coreUrl);
const report = await loadStorageClass("KV_STORAGE", "located-storage#LocatedKVStorage", { resolveFrom }).then(
  ({ url }) => url,
  ({ name }) => name,
);
console.log(JSON.stringify(report));
