const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A value with a JSON merge patch applied; both stay as they are. [any]
 *
 * Objects are merged member by member, null removes a member, everything else replaces. Source: RFC 7396, section 2.
 */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const kept = Object.entries(isObject(value) ? value : {}).filter(([key]) => !Object.hasOwn(patch, key));
  const set = Object.entries(patch)
    .filter(([, member]) => member !== null)
    .map(([key, member]) => {
      const before = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
      return [key, mergePatch(before, member)] as const;
    });
  return Object.fromEntries([...kept, ...set]);
}
