import { expect, test } from "vitest";
import { type Zone, zoneOf, zoneOfHost } from "../../src/ports/zones.ts";

const known: Readonly<Record<Zone, readonly string[]>> = {
  public: ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"],
  private: [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "::ffff:c0a8:1",
  ],
  loopback: ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "[::1]"],
  "link-local": ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "febf::1", "::ffff:169.254.169.254"],
  unusable: [
    "0.0.0.0",
    "0.1.2.3",
    "192.0.2.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "ff02::1",
    "100::1",
    "",
    "localhost",
    "127.1",
    "0x7f.1",
    "2130706433",
    "1.2.3",
  ],
};

for (const [zone, addresses] of Object.entries(known)) {
  for (const address of addresses) {
    test(`${JSON.stringify(address)} is ${zone}`, () => {
      expect(zoneOf(address)).toBe(zone);
    });
  }
}

test("a name has a zone only where it means this machine, in whatever way a URL writes an address", () => {
  expect(zoneOfHost("example.com")).toBeUndefined();
  expect(["localhost", "LOCALHOST", "a.localhost", "localhost."].map(zoneOfHost)).toEqual(Array(4).fill("loopback"));
  for (const written of [
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://①②⑦.0.0.1/",
  ]) {
    expect(zoneOfHost(new URL(written).hostname), written).toBe("loopback");
  }
});
