import type { Instance, MediaSlot } from '@audiocloud/api';

type SlotMedia = NonNullable<Instance['media']>[string];

/** Names of media by place of a slot, without empty places at the end. */
function placesOf({ media = {} }: Instance, { id }: MediaSlot): (string | null)[] {
  const given: SlotMedia | undefined = media[id];
  return given === undefined ? [] : typeof given === 'string' ? [given] : [...given];
}

/** The places that are shown: what is filled, and one more where there is one. */
export function shownPlaces(instance: Instance, slot: MediaSlot): (string | null)[] {
  const places = placesOf(instance, slot);
  return places.length < (slot.count ?? 1) ? [...places, null] : places;
}

/** The instance with another piece of media in a place of a slot, or none. */
export function withMedia(instance: Instance, slot: MediaSlot, place: number, name: string | null): Instance {
  const places = placesOf(instance, slot);
  while (places.length <= place) places.push(null);
  places[place] = name;
  while (places.length > 0 && places.at(-1) === null) places.pop();
  const { [slot.id]: _, ...others } = instance.media ?? {};
  const media = places.length === 0 ? others : { ...others, [slot.id]: (slot.count ?? 1) > 1 ? places : places[0]! };
  const { media: __, ...rest } = instance;
  return Object.keys(media).length === 0 ? rest : { ...rest, media };
}
