export interface LayoutEdge {
  from: string;
  to: string;
}

/** Where a node is drawn: its column from the left, and its place in it, both counted from 0; rows may be halves. */
export interface Place {
  column: number;
  row: number;
}

const SWEEPS = 4;

export interface Layout {
  places: Map<string, Place>;
  /** The free places that the line between two nodes passes, left to right. */
  route(from: string, to: string): Place[];
}

/**
 * Left to right by depth: every node one column right of the deepest node that feeds it, neighbours near each other.
 *
 * Rows by the barycentre heuristic (Sugiyama, Tagawa, Toda 1981); an edge across several columns keeps a row free in
 * each of them, so that lines run beside nodes and not behind. Edges that close a loop are left out.
 */
export function layeredLayout(nodes: readonly string[], edges: readonly LayoutEdge[]): Layout {
  const forward = withoutLoops(nodes, edges);
  const columns = columnsOf(nodes, forward);
  const layers: string[][] = [];
  for (const node of nodes) {
    const column = columns.get(node)!;
    layers[column] ??= [];
    layers[column].push(node);
  }
  const short = forward.flatMap((edge) => withSpacers(edge, columns, layers));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? layers : [...layers].reverse();
    for (const layer of order.slice(1)) sortByNeighbours(layer, layers, short, sweep % 2 === 0);
  }
  const tallest = Math.max(0, ...layers.map((layer) => layer.length));
  const places = new Map<string, Place>();
  layers.forEach((layer, column) => {
    const top = (tallest - layer.length) / 2;
    for (const [row, node] of layer.entries()) places.set(node, { column, row: top + row });
  });
  const route = (from: string, to: string) =>
    layers.flatMap((_, column) => places.get(spacerName(from, to, column)) ?? []);
  return { places, route };
}

/** An edge as steps of one column; the spacers between are put into the layers. */
function withSpacers({ from, to }: LayoutEdge, columns: Map<string, number>, layers: string[][]): LayoutEdge[] {
  const steps: LayoutEdge[] = [];
  let last = from;
  for (let column = columns.get(from)! + 1; column < columns.get(to)!; column++) {
    const spacer = spacerName(from, to, column);
    // one serves parallel edges
    if (!layers[column]!.includes(spacer)) layers[column]!.push(spacer);
    steps.push({ from: last, to: spacer });
    last = spacer;
  }
  return [...steps, { from: last, to }];
}

/** No name of a node has a space. */
function spacerName(from: string, to: string, column: number): string {
  return `${from} ${to} ${column}`;
}

/** The edges without those that lead back to a node on the path that is being walked. */
function withoutLoops(nodes: readonly string[], edges: readonly LayoutEdge[]): LayoutEdge[] {
  const out = new Map<string, LayoutEdge[]>(nodes.map((node) => [node, []]));
  for (const edge of edges) if (out.has(edge.to)) out.get(edge.from)?.push(edge);
  const state = new Map<string, 'open' | 'done'>();
  const kept: LayoutEdge[] = [];
  const walk = (node: string): void => {
    state.set(node, 'open');
    for (const edge of out.get(node)!) {
      if (state.get(edge.to) === 'open') continue;
      kept.push(edge);
      if (!state.has(edge.to)) walk(edge.to);
    }
    state.set(node, 'done');
  };
  for (const node of nodes) if (!state.has(node)) walk(node);
  return kept;
}

function columnsOf(nodes: readonly string[], edges: readonly LayoutEdge[]): Map<string, number> {
  const columns = new Map<string, number>(nodes.map((node) => [node, 0]));
  // a path has at most as many steps as there are nodes
  for (let step = 0, moved = true; moved && step < nodes.length; step++) {
    moved = false;
    for (const { from, to } of edges) {
      const wanted = columns.get(from)! + 1;
      if (columns.get(to)! >= wanted) continue;
      columns.set(to, wanted);
      moved = true;
    }
  }
  return columns;
}

function sortByNeighbours(layer: string[], layers: string[][], edges: readonly LayoutEdge[], forwards: boolean): void {
  const rowOf = new Map<string, number>();
  for (const other of layers) for (const [row, node] of other.entries()) rowOf.set(node, row - (other.length - 1) / 2);
  const weight = new Map<string, number>();
  for (const node of layer) {
    const rows = edges.filter((edge) => (forwards ? edge.to : edge.from) === node);
    const sum = rows.reduce((total, edge) => total + rowOf.get(forwards ? edge.from : edge.to)!, 0);
    weight.set(node, rows.length > 0 ? sum / rows.length : rowOf.get(node)!);
  }
  layer.sort((a, b) => weight.get(a)! - weight.get(b)!);
}
