import { AudioCloudError } from '@audiocloud/api';
import jsep from 'jsep';

/** Arithmetic on one number, worked out once. Never throws; what has no result is NaN. [any] */
export type Compute = (x: number) => number;

const MAX_CHARACTERS = 256;
const MAX_NODES = 64;
const MAX_DEPTH = 16;

/** Why an expression is refused: its syntax, a name that it does not know, or its size. */
export type ExpressionFault = 'syntax' | 'name' | 'size';

const asNumber = (is: boolean) => (is ? 1 : 0);

const BINARY: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '<': (a, b) => asNumber(a < b),
  '<=': (a, b) => asNumber(a <= b),
  '>': (a, b) => asNumber(a > b),
  '>=': (a, b) => asNumber(a >= b),
  '==': (a, b) => asNumber(a === b),
  '!=': (a, b) => asNumber(a !== b),
  '&&': (a, b) => asNumber(a !== 0 && b !== 0),
  '||': (a, b) => asNumber(a !== 0 || b !== 0),
};
const UNARY: Record<string, (a: number) => number> = {
  '-': (a) => -a,
  '+': (a) => a,
  '!': (a) => asNumber(a === 0),
};
const FUNCTIONS: Record<string, { arguments: number; apply: (...values: number[]) => number }> = {
  abs: { arguments: 1, apply: Math.abs },
  sign: { arguments: 1, apply: Math.sign },
  round: { arguments: 1, apply: Math.round },
  floor: { arguments: 1, apply: Math.floor },
  ceil: { arguments: 1, apply: Math.ceil },
  sqrt: { arguments: 1, apply: Math.sqrt },
  exp: { arguments: 1, apply: Math.exp },
  ln: { arguments: 1, apply: Math.log },
  log2: { arguments: 1, apply: Math.log2 },
  log10: { arguments: 1, apply: Math.log10 },
  sin: { arguments: 1, apply: Math.sin },
  cos: { arguments: 1, apply: Math.cos },
  pow: { arguments: 2, apply: Math.pow },
  min: { arguments: 2, apply: Math.min },
  max: { arguments: 2, apply: Math.max },
};
const CONSTANTS: Record<string, number> = { pi: Math.PI };

function refuse(fault: ExpressionFault, text: string, what: string): never {
  throw new AudioCloudError('DRIVER_INVALID', `Cannot use the expression ${JSON.stringify(text)}: ${what}`, {
    fault,
    what,
  });
}

/** An own entry of a table: `constructor` is none. */
const entry = <T>(table: Record<string, T>, name: unknown): T | undefined =>
  typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;

/**
 * Arithmetic on `x` as a function: + - * / %, comparisons, && || !, a ? b : c, numbers, pi and the functions above. [any]
 *
 * No members, texts, assignments or loops; at most 256 characters, 64 operations and 16 levels: the time of one call is
 * bounded by that. Throws DRIVER_INVALID with `details.fault` and `details.what`.
 */
export function compileExpression(text: string): Compute {
  if (text.length > MAX_CHARACTERS)
    refuse('size', text, `it has ${text.length} characters, at most ${MAX_CHARACTERS} are taken`);
  let tree: jsep.Expression;
  try {
    tree = jsep(text);
  } catch (error) {
    return refuse('syntax', text, (error as Error).message);
  }
  let nodes = 0;
  const compile = (node: jsep.Expression, depth: number): Compute => {
    if (++nodes > MAX_NODES) refuse('size', text, `it has more than ${MAX_NODES} operations`);
    if (depth > MAX_DEPTH) refuse('size', text, `it is nested more than ${MAX_DEPTH} levels deep`);
    const inner = (child: unknown) => compile(child as jsep.Expression, depth + 1);
    switch (node.type) {
      case 'Literal': {
        const { value } = node;
        return typeof value === 'number' ? () => value : refuse('syntax', text, `${node['raw']} is no number`);
      }
      case 'Identifier': {
        if (node['name'] === 'x') return (x) => x;
        const constant = entry(CONSTANTS, node['name']);
        return constant === undefined
          ? refuse('name', text, `it knows no ${node['name']}; the value is x`)
          : () => constant;
      }
      case 'UnaryExpression': {
        const apply = entry(UNARY, node['operator']) ?? refuse('syntax', text, `${node['operator']} is not taken`);
        const value = inner(node['argument']);
        return (x) => apply(value(x));
      }
      case 'BinaryExpression': {
        const apply = entry(BINARY, node['operator']) ?? refuse('syntax', text, `${node['operator']} is not taken`);
        const [left, right] = [inner(node['left']), inner(node['right'])];
        return (x) => apply(left(x), right(x));
      }
      case 'ConditionalExpression': {
        const [test, yes, no] = [inner(node['test']), inner(node['consequent']), inner(node['alternate'])];
        return (x) => (test(x) !== 0 ? yes(x) : no(x));
      }
      case 'CallExpression': {
        const name = (node['callee'] as jsep.Expression)['name'];
        const known = entry(FUNCTIONS, name) ?? refuse('name', text, `it knows no function ${name ?? 'of an object'}`);
        const given = (node['arguments'] as jsep.Expression[]).map(inner);
        if (given.length !== known.arguments)
          refuse('syntax', text, `${name} takes ${known.arguments} numbers, here are ${given.length}`);
        return (x) => known.apply(...given.map((value) => value(x)));
      }
      default:
        return refuse('syntax', text, `it is no arithmetic on x (${node.type})`);
    }
  };
  return compile(tree, 1);
}
