import type { GraphEdit, Lane, ParameterChange, Task, Value } from '@audiocloud/api';

/** The most that one lane holds, as in the schema. */
const MOST_POINTS = 100_000;

interface Take {
  place: Pick<ParameterChange, 'instance' | 'parameter' | 'index'>;
  /** The value before the first touch. */
  before: Value;
  touches: { seconds: number; value: Value }[];
}

type Place = Pick<Lane, 'instance' | 'parameter' | 'index'>;

const isSame = (a: Place, b: Place) => a.instance === b.instance && a.parameter === b.parameter && a.index === b.index;

/** Values that are set by hand while a task plays, on their way into its lanes. [control] */
export class LaneRecorder {
  private readonly takes: Take[] = [];

  /** seconds: place on the timeline at which the value was heard first.   before: the value that it replaced. */
  add({ value, ...place }: ParameterChange, seconds: number, before: Value): void {
    let take = this.takes.find((one) => isSame(one.place, place));
    if (!take) {
      take = { place, before, touches: [] };
      this.takes.push(take);
    }
    if (take.touches.length < MOST_POINTS - 1) take.touches.push({ seconds, value });
  }

  /**
   * The lanes as they are after the recording. What comes behind a touch in a lane is replaced by it, so that what is played
   * again is what was heard last; a new lane begins with the value that was there before.
   */
  edits(graph: Task): GraphEdit[] {
    const { lanes = {} } = graph;
    const names = new Set(Object.keys(lanes));
    return this.takes.map(({ place, before, touches }) => {
      const known = Object.keys(lanes).find((name) => isSame(lanes[name]!, place));
      let points: Lane['points'] = known ? [...lanes[known]!.points] : [{ seconds: 0, value: before }];
      for (const { seconds, value } of touches) {
        const last = points.at(-1);
        if (last && last.seconds >= seconds) points = points.filter((point) => point.seconds < seconds);
        points.push({ seconds, value });
      }
      const name = known ?? freeName(`${place.instance}-${place.parameter}`, place.index, names);
      names.add(name);
      return { op: 'put', part: 'lanes', name, value: { ...place, points: points.slice(0, MOST_POINTS) } };
    });
  }
}

function freeName(of: string, index: number | undefined, taken: ReadonlySet<string>): string {
  const stem = `${of.slice(0, 52)}${index === undefined ? '' : `-${index}`}`;
  let name = stem;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}`;
  return name;
}
