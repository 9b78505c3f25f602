import { BlockList, isIPv4 } from 'node:net';

/*
 * Source: IANA IPv4 Special-Purpose Address Registry; IANA IPv6 Global Unicast Address Assignments.
 */
const special = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Of Azure: what tells a machine who it is, on an address that is registered as a public one.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.addSubnet(network, bits, 'ipv4');
// Tunnels (Teredo, 6to4) and documentation; all that is not global unicast is refused below.
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, bits, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

// What tells a machine in a cloud who it is, and its secrets: refused also inside of networks that an operator allows.
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) metadata.addAddress(address, 'ipv4');
for (const address of ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254']) metadata.addAddress(address, 'ipv6');

/** Whether an IP address gives away what a machine in a cloud is. [any] */
export const isMetadataAddress = (address: string): boolean =>
  isIPv4(address) ? metadata.check(address, 'ipv4') : metadata.check(address.split('%')[0]!, 'ipv6');

/** Interface identifiers of ISATAP (RFC 5214), which hold an IPv4 address: `::0:5efe:a.b.c.d` and `::200:5efe:a.b.c.d`. */
const ISATAP = /(^|:)(0|200)?:?5efe:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/i;

/** Whether an IP address is one of the public network: not of this machine, of a network behind it, or of a tunnel. [any] */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  const [bare = ''] = address.split('%');
  return globalUnicast.check(bare, 'ipv6') && !special.check(bare, 'ipv6') && !ISATAP.test(bare);
}
