/**
 * Whether anything was done since the host set it to 0. While it stays 0 a block left all as it was, so the next one with
 * the same inputs does, too: the host need not run it. [render]
 */
export let active: i32 = 0;

/** Not 0: an instance was muted here. The host sets it to 0. [render] */
export let failed: i32 = 0;

@inline export function fail(): void {
  failed = 1;
}

/** Something is done that a block which is passed over would leave out. */
@inline export function act(): void {
  active = 1;
}
