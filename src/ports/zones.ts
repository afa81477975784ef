import { BlockList, isIP } from "node:net";

/**
 * How far an address reaches: all networks, one that is somebody's own, this machine alone, or whatever hangs on the same
 * wire (where clouds keep what they tell their machines). `unusable`: none that a server can have, or one that hides another.
 */
export type Zone = "public" | "private" | "loopback" | "link-local" | "unusable";

type Ranges = readonly (readonly [network: string, prefix: number])[];

/** https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry */
const zones: readonly (readonly [Zone, BlockList])[] = [
  [
    "loopback",
    listOf([
      ["127.0.0.0", 8],
      ["::1", 128],
    ]),
  ],
  [
    "link-local",
    listOf([
      ["169.254.0.0", 16],
      ["fe80::", 10],
    ]),
  ],
  [
    "private",
    listOf([
      ["10.0.0.0", 8],
      ["100.64.0.0", 10],
      ["172.16.0.0", 12],
      ["192.168.0.0", 16],
      ["198.18.0.0", 15],
      ["fc00::", 7],
      ["fec0::", 10],
    ]),
  ],
  [
    "unusable",
    listOf([
      ["0.0.0.0", 8],
      ["192.0.0.0", 24],
      ["192.0.2.0", 24],
      ["192.88.99.0", 24],
      ["198.51.100.0", 24],
      ["203.0.113.0", 24],
      ["224.0.0.0", 4],
      ["240.0.0.0", 4],
      // Those that stand for an IPv4 address, by way of a translator.
      ["::", 96],
      ["64:ff9b::", 96],
      ["64:ff9b:1::", 48],
      ["100::", 64],
      ["2001::", 23],
      ["2001:db8::", 32],
      ["2002::", 16],
      ["ff00::", 8],
    ]),
  ],
];

/** The zone of an address, in whatever form of it a resolver or a URL has; of what is none, `unusable`. */
export function zoneOf(address: string): Zone {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  const version = isIP(bare);
  if (version === 0) return "unusable";
  const family = version === 4 ? "ipv4" : "ipv6";
  return zones.find(([, list]) => list.check(bare, family))?.[0] ?? "public";
}

/** The zone that the host of a URL is of by itself, without a look-up; undefined for a name that may be anywhere. */
export function zoneOfHost(host: string): Zone | undefined {
  if (/^(?:.+\.)?localhost\.?$/i.test(host)) return "loopback";
  return isIP(host.replace(/^\[|\]$/g, "")) === 0 ? undefined : zoneOf(host);
}

function listOf(ranges: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, network.includes(":") ? "ipv6" : "ipv4");
  return list;
}
