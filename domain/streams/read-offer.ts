/** What is taken of an offer. */
export interface ReadOffer {
  /** Without candidates: an ICE lite agent is found, it looks for nobody, and names in them would be looked up. */
  sdp: string;
  /** Of the other side; what it asks for a connection with names them. */
  users: Set<string>;
}

const MOST_SECTIONS = 2;
const MOST_LINES = 2_000;

/** Throws an Error that says what is wrong: wanted are one audio section, and at most one of a data channel. [any] */
export function readOffer(offer: string): ReadOffer {
  const lines = offer.split(/\r\n|\n|\r/);
  if (!lines[0]!.startsWith('v=')) throw new Error('the offer is no SDP: it begins with no `v=`');
  if (lines.length > MOST_LINES) throw new Error(`the offer has ${lines.length} lines, ${MOST_LINES} are the most`);
  const sections = lines.filter((line) => line.startsWith('m='));
  const count = (kind: string) => sections.filter((line) => line.startsWith(`m=${kind} `)).length;
  if (count('audio') !== 1) throw new Error(`the offer has ${count('audio')} audio sections, wanted is one, with Opus`);
  if (sections.length > MOST_SECTIONS || count('application') !== sections.length - 1)
    throw new Error('the offer has more than an audio section and a data channel');
  const users = usersOf(lines);
  if (users.size === 0) throw new Error('the offer has no `a=ice-ufrag`');
  const sdp = lines.filter((line) => !/^a=(candidate|remote-candidates|end-of-candidates)\b/.test(line)).join('\r\n');
  return { sdp, users };
}

/** Names of an SDP by which an ICE agent is asked. [any] */
export const usersOf = (lines: readonly string[]): Set<string> =>
  new Set(lines.flatMap((line) => (line.startsWith('a=ice-ufrag:') ? [line.slice(12).trim()] : [])));

/** An answer with those candidates alone that are at these addresses; with all, for none. Throws where none is left. [any] */
export function withAddresses(answer: string, addresses: readonly string[]): string {
  let left = 0;
  const lines = answer.split('\r\n').filter((line) => {
    if (!line.startsWith('a=candidate:')) return true;
    const isWanted = addresses.length === 0 || addresses.includes(line.split(' ')[4]!);
    if (isWanted) left += 1;
    return isWanted;
  });
  if (left === 0)
    throw new Error(`no UDP port could be opened at ${addresses.join(' or ') || 'any address of this machine'}`);
  return lines.join('\r\n');
}
