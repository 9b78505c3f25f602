import { type Report, valueToText } from '@audiocloud/api';
import { useEffect, useRef } from 'react';
import { useSession } from '../session/use-session.ts';

// Numbers that change faster cannot be read.
const TEXT_SECONDS = 0.2;

/** What an instance publishes, as a number with its unit; gain reduction also as a bar. */
export function ReportValue({ instance, report }: { instance: string; report: Report }) {
  const session = useSession();
  const text = useRef<HTMLSpanElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const isReduction = report.role === 'gain-reduction';
  useEffect(() => {
    let textAt = 0;
    return session.meters.onFrame((at) => {
      const values = session.meters.report(instance, report.id);
      if (bar.current) bar.current.style.transform = `scaleX(${reductionTravel(values)})`;
      if (!text.current || at < textAt + TEXT_SECONDS) return;
      textAt = at;
      const next = values ? values.map((value) => reportText(report, value)).join(' · ') : '–';
      if (text.current.textContent !== next) text.current.textContent = next;
    });
  }, [session, instance, report]);
  return (
    <div className="report" title={report.description}>
      <span className="report-name">{report.name}</span>
      <span ref={text} className="report-text">
        –
      </span>
      {isReduction && (
        <div className="reduction">
          <div ref={bar} className="reduction-bar" />
        </div>
      )}
    </div>
  );
}

const FULL_REDUCTION_DB = 24;

function reductionTravel(values: number[] | undefined): number {
  const most = Math.max(0, ...(values ?? []).map((value) => Math.abs(value)));
  return Math.min(1, most / FULL_REDUCTION_DB);
}

function reportText(report: Report, value: number | null): string {
  const { range } = report;
  // JSON has no infinity: silence comes as null, or as the lowest value
  if (value === null || (range.kind === 'continuous' && value <= range.min && /^(dB|LU)/.test(report.unit)))
    return `-inf ${report.unit}`;
  return valueToText(report, range.kind === 'list' ? (range.values[value]?.value ?? value) : value);
}
