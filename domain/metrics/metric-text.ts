import { BUCKET_ENDS_MS, type Distribution } from '@audiocloud/api';

type Labels = Readonly<Record<string, string>>;
type Kind = 'counter' | 'gauge' | 'histogram';

interface Family {
  kind: Kind;
  help: string;
  lines: string[];
}

/**
 * Metrics in the text format of Prometheus, version 0.0.4.
 *
 * Written here and not by a library, because those count themselves, and ours come counted: a histogram is taken over
 * bucket by bucket.
 */
export class MetricText {
  static readonly CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
  private readonly families = new Map<string, Family>();

  /** A number that only grows while the engine lives. The name ends in _total. */
  counter(name: string, help: string, value: number, labels: Labels = {}): void {
    this.family(name, 'counter', help).push(line(name, labels, value));
  }

  gauge(name: string, help: string, value: number, labels: Labels = {}): void {
    this.family(name, 'gauge', help).push(line(name, labels, value));
  }

  /** A distribution in ms as a histogram in seconds; the name ends in _seconds. Its longest is a gauge beside it. */
  histogram(
    name: string,
    help: string,
    found: Pick<Distribution, 'count' | 'mean' | 'max' | 'buckets'>,
    labels: Labels = {},
    endsMs: readonly number[] = BUCKET_ENDS_MS,
  ): void {
    const lines = this.family(name, 'histogram', help);
    let upTo = 0;
    endsMs.forEach((endMs, bucket) => {
      upTo += found.buckets[bucket] ?? 0;
      lines.push(line(`${name}_bucket`, { ...labels, le: String(Number((endMs / 1000).toPrecision(6))) }, upTo));
    });
    lines.push(line(`${name}_bucket`, { ...labels, le: '+Inf' }, found.count));
    lines.push(line(`${name}_sum`, labels, (found.count * found.mean) / 1000));
    lines.push(line(`${name}_count`, labels, found.count));
    this.gauge(name.replace(/_seconds$/, '_max_seconds'), `${help} The longest.`, found.max / 1000, labels);
  }

  toString(): string {
    return [...this.families]
      .map(
        ([name, { kind, help, lines }]) => `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`,
      )
      .join('');
  }

  private family(name: string, kind: Kind, help: string): string[] {
    const family = this.families.get(name) ?? { kind, help, lines: [] };
    this.families.set(name, family);
    return family.lines;
  }
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

function line(name: string, labels: Labels, value: number): string {
  const written = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${value}\n`;
}
