import t from 'tap';
import { readOffer, usersOf, withAddresses } from './read-offer.ts';

const head = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', 'a=ice-ufrag:theirs'];
const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2'];
const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel'];
const sdp = (...lines: string[]) => lines.join('\r\n');

t.test('offer: candidates are left out, whatever they name', async (t) => {
  const candidates = [
    'a=candidate:1 1 udp 1 203.0.113.1 9 typ host',
    'a=candidate:2 1 udp 1 inside.local 9 typ host',
    'a=remote-candidates:1 10.0.0.1 80',
    'a=end-of-candidates',
  ];
  for (const newline of ['\r\n', '\n']) {
    const read = readOffer([...head, ...audio, ...candidates, ...data].join(newline));
    t.equal(read.sdp, sdp(...head, ...audio, ...data));
    t.same([...read.users], ['theirs']);
  }
});

t.test('offer: what is no audio section with a data channel at most is refused by name', async (t) => {
  const refused = (why: RegExp, ...lines: string[]) => t.throws(() => readOffer(sdp(...lines)), { message: why });
  refused(/begins with no/, '');
  refused(/has 0 audio sections/, ...head);
  refused(/has 0 audio sections/, ...head, ...data);
  refused(/has 2 audio sections/, ...head, ...audio, ...audio);
  refused(/more than an audio section and a data channel/, ...head, ...audio, 'm=video 9 UDP/TLS/RTP/SAVPF 96');
  refused(/more than an audio section and a data channel/, ...head, ...audio, ...data, ...data);
  refused(/ice-ufrag/, 'v=0', ...audio);
  refused(/has 2007 lines, 2000 are the most/, ...head, ...audio, ...Array(2000).fill('a=x'));
});

t.test('answer: it names no address but those that are wanted, and one at least', async (t) => {
  const at = (address: string) => `a=candidate:1 1 udp 1 ${address} 4000 typ host`;
  const answer = sdp(...head, ...audio, at('10.0.0.7'), at('203.0.113.9'), at('fd00::7'));
  t.equal(withAddresses(answer, []), answer);
  t.equal(withAddresses(answer, ['203.0.113.9']), sdp(...head, ...audio, at('203.0.113.9')));
  t.throws(() => withAddresses(answer, ['192.0.2.1']), { message: /no UDP port could be opened at 192.0.2.1/ });
  t.throws(() => withAddresses(sdp(...head), []), { message: /any address of this machine/ });
  t.same([...usersOf(answer.split('\r\n'))], ['theirs']);
});
