import type { ParameterChange } from './graph-edit.ts';
import { hostParameter } from './host-parameters.ts';
import { modelOf } from './instance-values.ts';
import type { Model, Parameter } from './model.ts';
import { numberToValue, valueToNumber } from './parameter-value.ts';
import type { LinkMember, Task } from './task.ts';
import { numberToTravel, travelToNumber } from './taper.ts';

interface Place {
  link: string;
  member: number;
}

type Links = NonNullable<Task['links']>;

const target = (instance: string, parameter: string) => `${instance} ${parameter}`;

/** Members by instance and parameter; links are never changed in place. */
const placesBefore = new WeakMap<Links, Map<string, Place[]>>();

function placesOf(links: Links): Map<string, Place[]> {
  let places = placesBefore.get(links);
  if (places) return places;
  places = new Map();
  for (const link of Object.keys(links))
    for (const [member, { instance, parameter }] of links[link]!.members.entries()) {
      const key = target(instance, parameter);
      places.set(key, [...(places.get(key) ?? []), { link, member }]);
    }
  placesBefore.set(links, places);
  return places;
}

function parameterOf(task: Task, models: readonly Model[], { instance, parameter }: LinkMember): Parameter | undefined {
  const { instances = {} } = task;
  const node = Object.hasOwn(instances, instance) ? instances[instance] : undefined;
  return node && (hostParameter(parameter) ?? modelOf(models, node)?.parameters.find(({ id }) => id === parameter));
}

const isAlike = (a: LinkMember, b: LinkMember) =>
  (a.from ?? 0) === (b.from ?? 0) && (a.to ?? 1) === (b.to ?? 1) && (a.curve ?? 1) === (b.curve ?? 1);

/** Where the link stands, 0 to 1, when a member has a value. */
function positionOf({ from = 0, to = 1, curve = 1 }: LinkMember, travel: number): number {
  const share = from === to ? 0 : Math.min(1, Math.max(0, (travel - from) / (to - from)));
  return share ** (1 / curve);
}

/** The change of a member that follows from the value of another one; undefined when one of them cannot be found. */
function follow(
  task: Task,
  models: readonly Model[],
  leader: LinkMember,
  change: ParameterChange,
  member: LinkMember,
): ParameterChange | undefined {
  const led = parameterOf(task, models, leader);
  const own = parameterOf(task, models, member);
  if (!led || !own || own.latched) return undefined;
  const { instance, parameter, index, from = 0, to = 1, curve = 1 } = member;
  const place = { instance, parameter, ...(index === undefined ? {} : { index }) };
  // one and the same scale: the value itself, not one that went through the travel and back
  if (own === led && isAlike(leader, member)) return { ...place, value: change.value };
  const position = positionOf(leader, numberToTravel(led, valueToNumber(led, change.value)));
  return { ...place, value: numberToValue(own, travelToNumber(own, from + (to - from) * position ** curve)) };
}

/**
 * Changes, and after them those that follow from the links of the task: each member goes to where the link stands. Pure. [any]
 *
 * A value that is set in so many words is not changed by a link, nor is one set twice: links in a circle come to an end.
 * What is not there, or latched, is left out. Throws PARAMETER_VALUE for a value that a linked parameter does not allow.
 */
export function linkedChanges(
  task: Task,
  models: readonly Model[],
  changes: readonly ParameterChange[],
): ParameterChange[] {
  const { links } = task;
  if (!links) return [...changes];
  const places = placesOf(links);
  const all: ParameterChange[] = [];
  const set = new Set<string>();
  const keyOf = ({ instance, parameter, index }: ParameterChange) => `${target(instance, parameter)} ${index ?? ''}`;
  for (const change of changes) set.add(keyOf(change));
  const queue: ParameterChange[] = [...changes];
  for (let change = queue.shift(); change; change = queue.shift()) {
    all.push(change);
    for (const { link, member } of places.get(target(change.instance, change.parameter)) ?? []) {
      const { members } = links[link]!;
      const leader = members[member]!;
      if (leader.index !== undefined && change.index !== undefined && leader.index !== change.index) continue;
      for (const other of members) {
        if (other === leader && (leader.index !== undefined || change.index === undefined)) continue;
        const next = follow(task, models, leader, change, other);
        if (!next || set.has(keyOf(next))) continue;
        set.add(keyOf(next));
        queue.push(next);
      }
    }
  }
  return all;
}
