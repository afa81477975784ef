import { expect, test } from "vitest";
import { Lanes } from "../../src/downstream/lanes.ts";

const [one, other, third] = ["one", "other", "third"].map((name) => ({ name })) as [object, object, object];

function lanesWith(...owners: readonly object[]) {
  const lanes = new Lanes<{ readonly lane: object }>();
  for (const lane of owners) lanes.add({ lane });
  return lanes;
}

/** How many take their turn before one of `owner`'s that is added last. */
function turnsBefore(owner: object, ...owners: readonly object[]): number {
  const lanes = lanesWith(...owners);
  const last = { lane: owner };
  lanes.add(last);
  for (let turns = 0; ; turns++) if (lanes.next() === last) return turns;
}

test.each<[string, readonly object[]]>([
  ["nothing waits", []],
  ["only its own wait", [one, one, one]],
  ["only others wait", [other, other, third]],
  ["few of its own and many of others wait", [other, other, other, one, third, other, third]],
  ["many of its own and few of others wait", [one, other, one, one, third, one]],
])(
  "tells how many have their turn before the next of an owner, at most one too many of each other, when %s",
  (_what, owners) => {
    // It does not look whose lane is next: of each other one it may count a turn too many.
    const exact = turnsBefore(one, ...owners);
    const said = lanesWith(...owners).before(one);
    expect(said).toBeGreaterThanOrEqual(exact);
    expect(said).toBeLessThanOrEqual(exact + new Set(owners.filter((owner) => owner !== one)).size);
  },
);
