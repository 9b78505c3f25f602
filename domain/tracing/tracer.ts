export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** An HTTP request, from its first hook to the end of its answer. */
export interface RequestSpan {
  /** Runs what belongs to the request: spans inside become its children. */
  run(work: () => void): void;
  end(attributes: SpanAttributes, isFailed: boolean): void;
}

/** Makes the spans of traces. [control] */
export interface Tracer {
  /** Runs `work` inside a span that ends when it settles; a rejection marks it as failed. */
  span<R>(name: string, attributes: SpanAttributes, work: () => Promise<R>): Promise<R>;
  /** traceparent: the header of the caller, whose trace goes on (W3C Trace Context). Absent where nothing is traced. */
  request?(name: string, attributes: SpanAttributes, traceparent: string | undefined): RequestSpan;
  /** Sends what was not sent yet. */
  close(): Promise<void>;
}

/** Traces nothing. */
export const noTracer: Tracer = {
  span: (_name, _attributes, work) => work(),
  close: async () => undefined,
};
