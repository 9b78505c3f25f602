import { joinParts, type Packet } from '@audiocloud/api';
import { pino } from 'pino';
import type { Test } from 'tap';
import { MediaStreamTrack, RTCPeerConnection } from 'werift';
import { until } from '../../test/until.ts';
import { peerSettings, type WebrtcOptions } from '../streams/peer-settings.ts';
import { Peers } from '../streams/peers.ts';

/** A packet of opus whose bytes say which it is. */
export const packet = (serial: number, more: Partial<Packet> = {}): Packet => ({
  run: 1,
  playId: 1,
  serial,
  sampleRate: 48000,
  positionRate: 48000,
  channels: 2,
  frames: 480,
  skipFrames: 0,
  begins: serial === 0,
  format: 'opus',
  bitRate: 128000,
  timelineFrame: serial * 480,
  streamFrame: serial * 480,
  payload: joinParts([Uint8Array.of(0xfc, serial & 255, 1, 2, 3)]),
  meters: { peak: [0.5, 0.25], rms: [0.1, 0.1], clipped: 0 },
  ...more,
});

interface Heard {
  sequence: number;
  timestamp: number;
  opus: number[];
}

/** A client with one audio section and a channel for positions, connected to a domain's peers. */
export async function connected(t: Test, peers: Peers) {
  const heard: Heard[] = [];
  const told: Buffer[] = [];
  const pushed: { sequence: number; opus: number[] }[] = [];
  const client = new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  t.teardown(() => {
    // its own way of closing waits for the other side, which may be gone
    for (const transport of client.iceTransports) void transport.stop();
    void client.close();
  });
  const sound = new MediaStreamTrack({ kind: 'audio' });
  const transceiver = client.addTransceiver(sound, { direction: 'sendrecv' });
  client.onTrack.subscribe((track) =>
    track.onReceiveRtp.subscribe(({ header: { sequenceNumber: sequence, timestamp }, payload }) =>
      heard.push({ sequence, timestamp, opus: [...payload] }),
    ),
  );
  const channel = client.createDataChannel('packets', { ordered: false, maxRetransmits: 0 });
  channel.onMessage.subscribe((data) => told.push(data as Buffer));
  await client.setLocalDescription(await client.createOffer());
  const events = { connected: 0, closed: 0 };
  const peer = await peers.open(client.localDescription!.sdp, {
    connected: () => events.connected++,
    closed: () => events.closed++,
    sound: (opus, sequence) => pushed.push({ sequence, opus: [...opus] }),
  });
  await client.setRemoteDescription({ type: 'answer', sdp: peer.answer });
  await until('it is connected', () => events.connected > 0 && channel.readyState === 'open');
  return { peer, client, heard, told, pushed, events, sound, transceiver };
}

export const nothing = { connected: () => undefined, closed: () => undefined, sound: () => undefined };

/** An offer with a data channel, of a client that is gone. */
export async function offerOf(): Promise<string> {
  const client = new RTCPeerConnection({ iceServers: [], iceUseIpv6: false });
  client.addTransceiver('audio');
  client.createDataChannel('packets');
  const { sdp } = await client.createOffer();
  await client.close();
  return sdp;
}

export const newPeers = (t: Test, options: WebrtcOptions = {}): Peers => {
  const peers = new Peers(peerSettings(options, '127.0.0.1'), pino({ level: 'silent' }) as never);
  t.teardown(() => peers.close());
  return peers;
};
