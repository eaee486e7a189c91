/** A map that forgets what was set longest ago: what is kept for months must not grow for months. */
export function setNewest<K, V>(map: Map<K, V>, key: K, of: { readonly value: V; readonly max: number }): void {
  map.delete(key);
  map.set(key, of.value);
  for (const oldest of map.keys()) {
    if (map.size <= of.max) return;
    map.delete(oldest);
  }
}
