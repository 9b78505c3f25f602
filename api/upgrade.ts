import { modelOf } from './instance-values.ts';
import type { Model, PresetValues, UpgradeStep, Value } from './model.ts';
import type { Instance, Lane, LinkMember, Task } from './task.ts';

/** Negative when `a` is the older version, as `1.2.3`. */
export function compareVersions(a: string, b: string): number {
  const [as, bs] = [a.split('.').map(Number), b.split('.').map(Number)];
  return as[0]! - bs[0]! || as[1]! - bs[1]! || as[2]! - bs[2]!;
}

/** The steps of a model that lead from a version to the one it has, in order. */
function stepsFrom(model: Model, version: string): UpgradeStep[] {
  return (model.upgrades ?? [])
    .filter(({ to }) => compareVersions(version, to) < 0 && compareVersions(to, model.version) <= 0)
    .sort((a, b) => compareVersions(a.to, b.to));
}

function converted({ convert = {} }: UpgradeStep, parameter: string, value: Value): Value {
  const rule = Object.hasOwn(convert, parameter) ? convert[parameter]! : undefined;
  if (!rule) return value;
  if ('values' in rule) return rule.values.find(([before]) => before === value)?.[1] ?? value;
  return typeof value === 'number' ? value * (rule.multiply ?? 1) + (rule.add ?? 0) : value;
}

const renamed = ({ rename = {} }: UpgradeStep, parameter: string): string =>
  Object.hasOwn(rename, parameter) ? rename[parameter]! : parameter;

function upgradeOnce(step: UpgradeStep, parameters: PresetValues): PresetValues {
  const { remove = [], set = {} } = step;
  const kept = Object.entries(parameters).filter(([id]) => !remove.includes(id));
  const moved = kept.map(([id, value]) => {
    const to = renamed(step, id);
    const now = Array.isArray(value) ? value.map((one) => converted(step, to, one)) : converted(step, to, value);
    return [to, now];
  });
  return { ...set, ...Object.fromEntries(moved) };
}

/** Values that an instance of an older version had, as those of the model's version. Pure. [any] */
export function upgradeValues(model: Model, parameters: PresetValues, from: string): PresetValues {
  return stepsFrom(model, from).reduce((values, step) => upgradeOnce(step, values), parameters);
}

/** The versions that the models of a task's instances have now, by id; not those of instances that name a version. [any] */
export function modelVersions(models: readonly Model[], task: Task): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { model: id } of Object.values(task.instances ?? {})) {
    const model = id.includes('@') ? undefined : models.find((one) => one.id === id);
    if (model) found[id] = model.version;
  }
  return found;
}

/**
 * A task as it was made with models of some versions, as those of now: values, links, lanes. The same object when nothing of it
 * changes. Pure. [any]
 *
 * versions: by model id; what is not there is of this version, and so is an instance that names a version.
 */
export function upgradeTask(models: readonly Model[], task: Task, versions: Readonly<Record<string, string>>): Task {
  const steps = new Map<string, UpgradeStep[]>();
  for (const [name, instance] of Object.entries(task.instances ?? {})) {
    const version = versions[instance.model];
    const model = version === undefined ? undefined : modelOf(models, instance);
    const found = model ? stepsFrom(model, version!) : [];
    if (found.length > 0) steps.set(name, found);
  }
  if (steps.size === 0) return task;
  const stepsOf = (instance: string) => steps.get(instance) ?? [];
  const mapped = <T>(part: Record<string, T> | undefined, change: (value: T, name: string) => T) =>
    part && Object.fromEntries(Object.entries(part).map(([name, value]) => [name, change(value, name)]));
  const instances = mapped(
    task.instances,
    (instance, name): Instance =>
      stepsOf(name).reduce((one, step) => ({ ...one, parameters: upgradeOnce(step, one.parameters ?? {}) }), instance),
  );
  const links = mapped(task.links, (link) => ({
    ...link,
    members: link.members.map(
      (member): LinkMember =>
        stepsOf(member.instance).reduce((one, step) => ({ ...one, parameter: renamed(step, one.parameter) }), member),
    ),
  }));
  const isRemoved = ({ instance, parameter }: Lane | LinkMember): boolean => {
    let id = parameter;
    return stepsOf(instance).some((step) => {
      if (step.remove?.includes(id)) return true;
      id = renamed(step, id);
      return false;
    });
  };
  const lanes = mapped(task.lanes, (lane) =>
    stepsOf(lane.instance).reduce((one, step): Lane => {
      const parameter = renamed(step, one.parameter);
      const points = one.points.map((point) => ({ ...point, value: converted(step, parameter, point.value) }));
      return { ...one, parameter, points };
    }, lane),
  );
  const kept = <T>(
    part: Record<string, T> | undefined,
    upgraded: Record<string, T> | undefined,
    isKept: (value: T) => boolean,
  ) => upgraded && Object.fromEntries(Object.entries(upgraded).filter(([name]) => isKept(part![name]!)));
  const wholeLanes = kept(task.lanes, lanes, (lane) => !isRemoved(lane));
  const wholeLinks = kept(task.links, links, (link) => !link.members.some(isRemoved));
  return {
    ...task,
    ...(instances ? { instances } : {}),
    ...(wholeLinks ? { links: wholeLinks } : {}),
    ...(wholeLanes ? { lanes: wholeLanes } : {}),
  };
}
