import { BlockList, isIP } from "node:net";

/** Addresses that are not somebody else's on the Internet (IANA's special-purpose registries, and multicast). */
const notPublic = new BlockList();
const v4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
/** What lies in 2000::/3 and is not public all the same: documentation, and tunnels that carry IPv4 addresses. */
const v6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
for (const [list, family] of [
  [v4, "ipv4"],
  [v6, "ipv6"],
] as const) {
  for (const range of list) {
    const [network = "", prefix] = range.split("/");
    notPublic.addSubnet(network, Number(prefix), family);
  }
}

/** IPv6 addresses given out so far; everything else is private, link-local, loopback, mapped IPv4 or unused. */
const globalV6 = new BlockList();
globalV6.addSubnet("2000::", 3, "ipv6");

/** Whether an IP address is one on the public Internet. False for anything that is no address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublic.check(address, "ipv4");
  if (family !== 6) return false;
  const plain = address.split("%", 1)[0] ?? "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return isPublicAddress(mapped);
  return globalV6.check(plain, "ipv6") && !notPublic.check(plain, "ipv6");
}
